using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using FluentAssertions;
using Inception.Tests.Data;
using SkiaSharp;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>The web service as a process, asked over HTTP.</summary>
[Collection(SampleCollection.Name)]
public sealed class WebClassifierTests(WebClassifierService service) : IClassFixture<WebClassifierService>
{
    private const int MaxBytes = 20_000_000;
    private static readonly byte[] Photo = Jpeg(60, 45, 90);

    [Fact]
    public async Task The_page_is_one_file_that_needs_nothing_from_elsewhere_and_puts_names_in_as_text()
    {
        using var response = await service.Client.GetAsync("/");
        var page = await response.Content.ReadAsStringAsync();

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().Should().Be("text/html; charset=utf-8");
        page.Should().Contain("<html lang=\"en\">").And.NotContain("http://").And.NotContain("https://").And.NotContain("{nonce}");
        page.Should().NotContain("innerHTML").And.NotContain("insertAdjacentHTML").And.NotContain("document.write").And.NotContain("eval(");
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        var nonce = policy.Split("script-src 'nonce-")[1].Split('\'')[0];
        page.Should().Contain($"<script nonce=\"{nonce}\">").And.Contain($"<style nonce=\"{nonce}\">");
        policy.Should().StartWith("default-src 'none'").And.NotContain("unsafe");
    }

    [Fact]
    public async Task Its_health_names_the_model()
    {
        using var health = JsonDocument.Parse(await service.Client.GetStringAsync("/health"));

        health.RootElement.GetProperty("model").GetString().Should().Be("flowers.safetensors");
        health.RootElement.GetProperty("network").GetString().Should().Be(service.Predictor.Models[0].As<CompiledGoogLeNet>().Spec.Name);
        health.RootElement.GetProperty("classes").GetInt32().Should().Be(7);
        health.RootElement.GetProperty("version").GetString().Should().Be(typeof(CompiledNetwork).Assembly.GetName().Version!.ToString(3));
    }

    [Fact]
    public async Task Labels_and_probabilities_are_the_predictors_on_the_same_bytes_of_every_kind()
    {
        var fixtures = ImageFixtures.All.Decoded;
        fixtures.Should().HaveCountGreaterThan(90);
        var index = 0;
        foreach (var (name, file) in fixtures.Select(fixture => (fixture.Name, fixture.File)).Append(("photo", Photo)).Append(("line", Png(3000, 1))))
        {
            var answer = await service.AskAsync(index++ % 10 == 0 ? Form(("note", null, "hello"u8.ToArray()), ("picture", "a.bin", file)) : new ByteArrayContent(file));

            service.ShouldBeRight(answer, file, name);
        }
    }

    [Fact]
    public async Task A_large_photo_is_decoded_at_a_fraction_of_its_size_with_nearly_the_same_answer()
    {
        var file = Jpeg(1500, 1100, 90);

        var answer = await service.AskAsync(new ByteArrayContent(file));

        var expected = service.Predictor.Classify(file, top: 7).ToDictionary(guess => guess.ClassName, guess => guess.Probability);
        answer.Predictions.Should().OnlyContain(guess => Math.Abs(guess.Probability - expected[guess.ClassName]) < 0.02);
    }

    public static TheoryData<string, int, string> Refused => new()
    {
        { "nothing", 400, "There is no picture in the request." },
        { "a form without a file", 400, "There is no picture in the request." },
        { "a form with an empty file", 400, "There is no picture in the request." },
        { "a form that ends too early", 400, "The form in the request is broken." },
        { "a form without a boundary", 400, "The form in the request is broken." },
        { "text", 415, "That is no picture that can be read; JPEG, PNG, WebP, GIF and BMP can." },
        { "a TIFF", 415, "That is no picture that can be read; JPEG, PNG, WebP, GIF and BMP can." },
        { "half a JPEG", 422, "The picture is damaged: it ends too early." },
        { "half a PNG", 422, "The picture is damaged: it ends too early." },
        { "the first bytes of a PNG", 422, "The picture is damaged: its header is broken." },
        { "a PNG that claims to be huge", 413, "The picture has 30000 × 30000 pixels; 40 million are the most." },
        { "a file of too many bytes", 413, "The file is too large; 20 MB are the most." },
        { "too many bytes of unknown length", 413, "The file is too large; 20 MB are the most." },
        { "too many bytes in a form", 413, "The file is too large; 20 MB are the most." },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_be_classified_is_refused_in_a_sentence(string what, int status, string error)
    {
        using var body = Body(what);

        using var response = await service.Client.PostAsync("/classify", body);

        ((int)response.StatusCode).Should().Be(status);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/json");
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        answer.RootElement.GetProperty("error").GetString().Should().Be(error);
    }

    [Fact]
    public async Task Of_64_requests_at_once_each_has_its_own_answer_or_is_told_to_come_again()
    {
        byte[][] files = [.. Enumerable.Range(0, 8).Select(i => Jpeg(40 + i, 50, 80))];

        var responses = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => service.Client.PostAsync("/classify", new ByteArrayContent(files[i % 8]))));

        var answered = 0;
        for (var i = 0; i < responses.Length; i++)
        {
            using var response = responses[i];
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                response.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(1));
                continue;
            }

            answered++;
            service.ShouldBeRight(await Answer.ReadAsync(response), files[i % 8], $"request {i}");
        }

        answered.Should().BeGreaterThanOrEqualTo(32);
    }

    [Fact]
    public async Task Who_finds_no_room_is_told_when_to_come_again_and_an_aborted_request_gives_its_room_back()
    {
        // Enough of the body that the server does not find it too slow.
        byte[] unfinished = [.. "POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n"u8, .. new byte[19999]];
        List<Socket> others = [];
        async Task OccupyAsync()
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            others.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, service.Client.BaseAddress!.Port);
            await socket.SendAsync(unfinished);
        }

        try
        {
            for (var i = 1; i < Environment.ProcessorCount + 32; i++)
            {
                await OccupyAsync();
            }

            // One more each time: a question may take the room that was meant for one of them.
            using var refused = await UntilAsync(HttpStatusCode.ServiceUnavailable, OccupyAsync);
            refused.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(1));
            (await refused.Content.ReadAsStringAsync()).Should().Be("""{"error":"Too many pictures at once; try again in a second."}""");
            (await service.Client.GetAsync("/health")).StatusCode.Should().Be(HttpStatusCode.OK);
        }
        finally
        {
            others.ForEach(socket => socket.Dispose());
        }

        using var answered = await UntilAsync(HttpStatusCode.OK);
        service.ShouldBeRight(await Answer.ReadAsync(answered), Photo, "after the others");
    }

    [Fact]
    public async Task Nothing_is_written_to_a_disk()
    {
        var file = Png(700, 700);
        file.Length.Should().BeGreaterThan(1 << 20, "ASP.NET's own reader of forms writes files of that size");

        service.ShouldBeRight(await service.AskAsync(Form(("picture", "large.png", file))), file, "a large form");

        Directory.GetFileSystemEntries(service.Temporary).Should().BeEmpty();
    }

    [Theory]
    [InlineData]
    [InlineData("--urls", "http://127.0.0.1:0")]
    [InlineData("a.safetensors", "b.safetensors")]
    [InlineData("a.safetensors", "--port", "1")]
    public async Task Bad_usage_is_answered_with_what_the_program_takes(params string[] arguments)
    {
        var result = await SampleProcess.RunProgramAsync(WebClassifierService.Program, arguments);

        result.ExitCode.Should().Be(2);
        result.ErrorLines.Should().Equal("usage: web-classifier MODEL [--urls URLS]");
    }

    [Theory]
    [InlineData("missing.safetensors", "http://127.0.0.1:0", "*missing.safetensors*")]
    [InlineData("damaged.safetensors", "http://127.0.0.1:0", "*damaged.safetensors*")]
    [InlineData("unknown.safetensors", "http://127.0.0.1:0", "*unknown.safetensors*does not say which*")]
    [InlineData("flowers.safetensors", "taken", "*address already in use*")]
    [InlineData("flowers.safetensors", "nonsense", "*nonsense*")]
    public async Task What_it_cannot_start_with_is_one_line(string model, string urls, string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["damaged.safetensors"], File.ReadAllBytes(service.Model)[..^1000]);
        SafeTensorsFile.Write(folder["unknown.safetensors"], new Dictionary<string, string>(), []);
        File.Copy(service.Model, folder["flowers.safetensors"]);

        var result = await SampleProcess.RunProgramAsync(WebClassifierService.Program, folder[model], "--urls", urls == "taken" ? service.Client.BaseAddress!.ToString() : urls);

        result.ExitCode.Should().Be(1, result.Output);
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("web-classifier: ").And.Match(line);
        result.Output.Should().BeEmpty();
    }

    [Fact]
    public async Task A_signal_ends_it()
    {
        using var process = SampleProcess.StartProgram(WebClassifierService.Program, [service.Model, "--urls", "http://127.0.0.1:0"]);
        await process.WaitForLineAsync("flowers.safetensors: 7 classes");

        process.Signal(PosixSignal.SIGTERM);

        var result = await process.FinishAsync();
        result.ExitCode.Should().Be(0);
        result.Errors.Should().BeEmpty();
    }

    [Fact]
    public void It_is_deployed_without_TorchSharp() =>
        Directory.GetFiles(Path.GetDirectoryName(WebClassifierService.Program)!, "*.dll").Select(Path.GetFileName)
            .Should().BeEquivalentTo("web-classifier.dll", "GoogLeNet.Net.Inference.dll", "SkiaSharp.dll");

    // Asks until the answer is of this kind: what other connections do arrives when it does.
    private async Task<HttpResponseMessage> UntilAsync(HttpStatusCode status, Func<Task>? first = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            await (first?.Invoke() ?? Task.CompletedTask);
            var response = await service.Client.PostAsync("/classify", new ByteArrayContent(Photo));
            if (response.StatusCode == status || attempt == 300)
            {
                response.StatusCode.Should().Be(status);
                return response;
            }

            response.Dispose();
            await Task.Delay(100);
        }
    }

    private static HttpContent Body(string what)
    {
        var png = Png(60, 50);
        return what switch
        {
            "nothing" => new ByteArrayContent([]),
            "a form without a file" => Form(("picture", null, Photo)),
            "a form with an empty file" => Form(("picture", "a.jpg", [])),
            "a form that ends too early" => OfType("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a\"\r\n\r\nBM"u8),
            "a form without a boundary" => OfType("multipart/form-data", Photo),
            "text" => new StringContent("A rose is a rose is a rose."),
            "a TIFF" => new ByteArrayContent([.. "II*\0"u8, .. new byte[1000]]),
            "half a JPEG" => new ByteArrayContent(Photo[..(Photo.Length / 2)]),
            "half a PNG" => new ByteArrayContent(png[..(png.Length / 2)]),
            "the first bytes of a PNG" => new ByteArrayContent(png[..20]),
            "a PNG that claims to be huge" => new ByteArrayContent(new PngEncoder().Assemble(30000, 30000, PngEncoder.Compress(new byte[1000]))),
            "a file of too many bytes" => new ByteArrayContent(new byte[MaxBytes + 1]),
            "too many bytes of unknown length" => new UnknownLength([.. Photo, .. new byte[MaxBytes]]),
            "too many bytes in a form" => Form(("picture", "a.jpg", [.. Photo, .. new byte[MaxBytes]])),
            _ => throw new ArgumentException(what),
        };
    }

    private static ByteArrayContent OfType(string type, ReadOnlySpan<byte> bytes)
    {
        var content = new ByteArrayContent(bytes.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    private static MultipartFormDataContent Form(params (string Name, string? FileName, byte[] Bytes)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, fileName, bytes) in fields)
        {
            if (fileName is null)
            {
                form.Add(new ByteArrayContent(bytes), name);
            }
            else
            {
                form.Add(new ByteArrayContent(bytes), name, fileName);
            }
        }

        return form;
    }

    // Noise, which does not compress.
    private static byte[] Png(int width, int height)
    {
        var noise = new byte[width * height * 3];
        new Random(1).NextBytes(noise);
        return new PngEncoder { Filter = 0 }.Encode(width, height, (x, y, c) => noise[(((y * width) + x) * 3) + c]);
    }

    private static byte[] Jpeg(int width, int height, int quality)
    {
        using var bitmap = new SKBitmap(width, height);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(new SKColor(40, 90, 200));
        canvas.DrawCircle(width / 2f, height / 3f, height / 4f, new SKPaint { Color = new(220, 30, 60) });
        canvas.DrawRect(0, height / 2f, width, height / 5f, new SKPaint { Color = new(240, 230, 20) });
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality);
        return data.ToArray();
    }

    private sealed class UnknownLength(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes, 0, bytes.Length);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
