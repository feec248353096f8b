// Says over HTTP, and on a page, what a picture shows: web-classifier MODEL [--urls URLS]
//     MODEL  a file of SaveWeights or a checkpoint, for example flowers.safetensors
//     URLS   where to listen, http://localhost:5000 when omitted; several with semicolons between them
using System.Net.Sockets;
using Inception;
using WebClassifier;

if (args is not ([[not '-', ..]] or [[not '-', ..], "--urls", _]))
{
    Console.Error.WriteLine("usage: web-classifier MODEL [--urls URLS]");
    return 2;
}

try
{
    using var network = CompiledNetwork.Load(args[0]);
    using var classifier = new PictureClassifier(network, Path.GetFileName(args[0]));
    await using var app = Service.Build(classifier, args[1..]);
    await app.StartAsync();
    Console.WriteLine($"{classifier.Model}: {network.NumClasses} classes, {network.Spec.Name}; listening on {string.Join(" ", app.Urls)}");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or FormatException or InvalidOperationException or SocketException
    or TypeInitializationException)
{
    // The last of them: SkiaSharp's native library is missing.
    Console.Error.WriteLine($"web-classifier: {(e is TypeInitializationException { InnerException: { } cause } ? cause : e).Message.ReplaceLineEndings(" ")}");
    return 1;
}
