using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;

namespace WebClassifier;

/// <summary>The page, <c>/classify</c> and <c>/health</c>.</summary>
internal static class Service
{
    /// <summary>The application, not yet started.</summary>
    /// <param name="classifier">What it serves; stays owned by the caller.</param>
    /// <param name="arguments">Settings of ASP.NET, <c>--urls</c> among them.</param>
    public static WebApplication Build(PictureClassifier classifier, string[] arguments)
    {
        // Threads that classify must not keep others from saying that there is no room.
        ThreadPool.SetMinThreads(2 + (2 * Environment.ProcessorCount), 1);

        var builder = WebApplication.CreateSlimBuilder(arguments);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // Program says why it does not start.
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;

            // Upload counts by itself: what Kestrel refuses it does not read either, and a browser that is still sending never sees the answer.
            options.Limits.MaxRequestBodySize = null;
        });

        var app = builder.Build();
        var page = ReadPage();
        app.MapGet("/", (HttpResponse response) => ShowPage(response, page));
        app.MapGet("/health", () => Json(classifier.Health, AnswersJson.Default.Health));
        app.MapPost("/classify", (HttpRequest request) => ClassifyAsync(classifier, request));
        return app;
    }

    private static async Task<IResult> ClassifyAsync(PictureClassifier classifier, HttpRequest request)
    {
        try
        {
            return Json(await classifier.ClassifyAsync(request), AnswersJson.Default.Labels);
        }
        catch (RefusedException e)
        {
            if (e.Status == StatusCodes.Status503ServiceUnavailable)
            {
                request.HttpContext.Response.Headers.RetryAfter = "1";
            }

            return Json(new Refusal(e.Message), AnswersJson.Default.Refusal, e.Status);
        }
        catch (BadHttpRequestException e)
        {
            return Json(new Refusal(e.Message), AnswersJson.Default.Refusal, e.StatusCode);
        }
        catch (Exception) when (request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest); // which nobody reads
        }
    }

    private static IResult Json<T>(T answer, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) => Results.Json(answer, type, statusCode: status);

    // Nothing but the page's own script and styles may run.
    private static IResult ShowPage(HttpResponse response, string page)
    {
        var nonce = RandomNumberGenerator.GetHexString(32);
        response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        return Results.Text(page.Replace("{nonce}", nonce, StringComparison.Ordinal), "text/html; charset=utf-8");
    }

    private static string ReadPage()
    {
        using var reader = new StreamReader(typeof(Service).Assembly.GetManifestResourceStream("page.html")!);
        return reader.ReadToEnd();
    }
}
