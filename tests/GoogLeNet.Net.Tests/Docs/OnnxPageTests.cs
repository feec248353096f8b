using System.Globalization;
using FluentAssertions;
using Inception.Evaluation;
using Inception.Interop;
using Inception.Tests.Data;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using SkiaSharp;
using Xunit;

namespace Inception.Tests.Docs;

/// <summary>The service of docs/onnx.md, compiled and run as it stands there.</summary>
[Collection(TorchCollection.Name)]
public sealed class OnnxPageTests : IDisposable
{
    // What a new project has.
    private const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading.Tasks;";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Its_labels_and_probabilities_are_the_predictors()
    {
        var checkpoint = TinyCheckpoint.Train(folder["run"]);
        using (var network = GoogLeNet.Load(checkpoint))
        {
            network.ExportOnnx(folder["photos.onnx"], new OnnxOptions { IncludePreprocessing = true, IncludeSoftmax = true });
        }

        string[] photos = [.. Photos()];

        using var service = SampleProcess.StartProgram("GoogLeNet.Net.Tests", [EntryPoint.Program, Compile(), folder["photos.onnx"], .. photos]);
        var result = await service.FinishAsync();

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines.Should().HaveSameCount(photos);
        using var predictor = Predictor.Load(checkpoint);
        foreach (var (photo, line) in photos.Zip(result.OutputLines))
        {
            var guess = predictor.Classify(photo)[0];
            var words = line.Split(' ');
            words[..^1].Should().Equal($"{photo}:", guess.ClassName);
            double.Parse(words[^1], CultureInfo.InvariantCulture).Should().BeApproximately(guess.Probability, 2e-4, photo);
        }
    }

    [Fact]
    public async Task What_is_no_picture_is_said()
    {
        var file = folder["photos.onnx"];
        using (var network = GoogLeNet.Load(TinyCheckpoint.Draw(folder.Path, classes: 2)))
        {
            network.ClassNames = ["rose", "tulip"];
            network.ExportOnnx(file, new OnnxOptions { IncludePreprocessing = true, IncludeSoftmax = true });
        }

        await File.WriteAllTextAsync(folder["no.jpg"], "no picture");

        using var service = SampleProcess.StartProgram("GoogLeNet.Net.Tests", [EntryPoint.Program, Compile(), file, folder["no.jpg"]]);
        var result = await service.FinishAsync();

        result.ExitCode.Should().NotBe(0);
        result.Errors.Should().Contain("That is no picture.");
    }

    // Every orientation that EXIF knows, a photo of a phone's proportions, one smaller than the network's input.
    private IEnumerable<string> Photos()
    {
        foreach (var fixture in ImageFixtures.All.Decoded.Where(fixture => fixture.Name.Contains("orientation") || fixture.Name is "webp lossless" or "jpeg CMYK"))
        {
            var path = folder[fixture.Name.Replace(' ', '-')];
            File.WriteAllBytes(path, fixture.File);
            yield return path;
        }

        foreach (var (width, height) in new[] { (64, 48), (41, 67), (20, 20) })
        {
            var path = folder[$"{width}x{height}.jpg"];
            using var bitmap = new SKBitmap(width, height);
            using var canvas = new SKCanvas(bitmap);
            canvas.Clear(new SKColor(40, 90, 200));
            canvas.DrawCircle(width / 2f, height / 3f, height / 4f, new SKPaint { Color = new(220, 30, 60) });
            canvas.DrawRect(0, height / 2f, width, height / 5f, new SKPaint { Color = new(240, 230, 20) });
            using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
            File.WriteAllBytes(path, data.ToArray());
            yield return path;
        }
    }

    private string Compile()
    {
        var program = CodeBlock.All().Single(block => block.Place.StartsWith(Path.Combine("docs", "onnx.md"), StringComparison.Ordinal) && block.Code.Contains("InferenceSession(args[0])"));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "Microsoft.ML.OnnxRuntime.dll" or "SkiaSharp.dll" or "netstandard.dll"))
            .Select(path => MetadataReference.CreateFromFile(path));
        var trees = new[] { ImplicitUsings, program.Code }.Select(code => CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Latest)));
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);

        var result = CSharpCompilation.Create("Service", trees, references, options).Emit(folder["Service.dll"]);

        result.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).Should().BeEmpty();
        return folder["Service.dll"];
    }
}
