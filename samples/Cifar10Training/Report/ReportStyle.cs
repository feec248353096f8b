namespace Cifar10Training.Report;

/// <summary>The report's layout: one column on a phone, up to three beside each other on a screen.</summary>
internal static class ReportStyle
{
    public const string Rules = """
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink);
               font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 28px 18px 48px; }
        h1 { font-size: 26px; line-height: 1.2; margin: 0; } h2 { font-size: 17px; margin: 0 0 8px; }
        header p { color: var(--muted); margin: 4px 0 0; }
        section { margin-top: 26px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
        .tile, figure, .scroll, details, .facts > div { background: var(--surface); border: 1px solid var(--grid); border-radius: 10px; }
        .tile { padding: 14px 16px; }
        .tile strong { display: block; font-size: 22px; line-height: 1.25; font-variant-numeric: tabular-nums; }
        .tile.main strong { color: var(--c0); }
        .tile span { color: var(--muted); font-size: 13px; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 10px; color: var(--muted); font-size: 13px; }
        .legend span { display: inline-flex; align-items: center; gap: 6px; } .key { stroke: var(--muted); }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 350px), 1fr)); gap: 12px; }
        figure { margin: 0; padding: 14px; } figure svg { display: block; width: 100%; height: auto; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
        th, td { padding: 6px 14px; text-align: right; white-space: nowrap; border-top: 1px solid var(--grid); }
        thead th { color: var(--muted); font-weight: 500; border-top: 0; }
        .confusion td, .confusion th { padding: 5px 8px; font-size: 13px; }
        .confusion thead th { vertical-align: bottom; } .confusion thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
        .confusion tbody th { font-weight: 500; color: var(--muted); }
        .hit { background: color-mix(in srgb, var(--c2) var(--share), transparent); } .miss { background: color-mix(in srgb, var(--c4) var(--share), transparent); }
        .mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(124px, 1fr)); gap: 12px; }
        .mistakes figure { text-align: center; padding: 12px 6px; } .mistakes img { image-rendering: pixelated; border-radius: 4px; }
        figcaption { font-size: 12.5px; line-height: 1.35; color: var(--muted); margin-top: 6px; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 12px; }
        .facts > div { padding: 14px 16px; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; font-size: 14px; }
        dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
        summary { padding: 12px 16px; cursor: pointer; } pre { margin: 0; padding: 0 16px 14px; overflow-x: auto; font-size: 12.5px; }
        """;
}
