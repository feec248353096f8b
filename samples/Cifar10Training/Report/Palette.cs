namespace Cifar10Training.Report;

/// <summary>The colours of charts and reports, for light and dark surroundings.</summary>
internal static class Palette
{
    /// <summary>Different colours of curves; further heads start again.</summary>
    public const int Colors = 6;

    /// <summary>The colours as variables of <paramref name="selector"/>.</summary>
    public static string Variables(string selector) => $$"""
        {{selector}} {
          color-scheme: light dark;
          --surface: #ffffff; --page: #f4f5f7; --ink: #14181f; --muted: #5b6472; --grid: #e4e7ec; --axis: #9aa3b0;
          --c0: #2457d6; --c1: #c2570c; --c2: #0b8457; --c3: #8b2fc9; --c4: #b3164b; --c5: #0e7c94;
        }
        @media (prefers-color-scheme: dark) {
          {{selector}} {
            --surface: #171b22; --page: #0e1116; --ink: #eef1f5; --muted: #9aa5b4; --grid: #2a303a; --axis: #5b6675;
            --c0: #7aa5ff; --c1: #ff9d5c; --c2: #4fd39b; --c3: #cd93ff; --c4: #ff7ba3; --c5: #5fd0e8;
          }
        }
        """;

    /// <summary>How the classes of charts look.</summary>
    public static string ChartRules => $$"""
        svg text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; fill: var(--ink); }
        .chart-title { font-size: 14px; font-weight: 600; }
        svg text.tick { font-size: 12px; fill: var(--muted); font-variant-numeric: tabular-nums; }
        .grid { stroke: var(--grid); } .axis { stroke: var(--axis); }
        .series { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
        .series.train { stroke-width: 1.5; stroke-dasharray: 1 5; }
        circle.series { stroke: none; }
        {{string.Join('\n', Enumerable.Range(0, Colors).Select(i => $".c{i} {{ stroke: var(--c{i}); }} circle.c{i} {{ fill: var(--c{i}); }}"))}}
        """;
}
