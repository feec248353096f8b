using System.Runtime.InteropServices;

namespace Inception.Data;

/// <summary>The system's libturbojpeg: the functions of its API 1.2 and later that decoding needs.</summary>
internal sealed class TurboJpeg
{
    /// <summary>File names of the library, and where Homebrew puts it outside the loader's search path.</summary>
    public static readonly IReadOnlyList<string> SystemNames = OperatingSystem.IsWindows() ? ["turbojpeg.dll", "libturbojpeg.dll"]
        : OperatingSystem.IsMacOS()
            ? ["libturbojpeg.dylib", "/opt/homebrew/opt/jpeg-turbo/lib/libturbojpeg.dylib", "/usr/local/opt/jpeg-turbo/lib/libturbojpeg.dylib"]
        : ["libturbojpeg.so.0", "libturbojpeg.so"];

    private static readonly Lazy<TurboJpeg?> Loaded = new(() => TryLoad(SystemNames));

    private TurboJpeg(nint library)
    {
        InitDecompress = Function<InitFunction>(library, "tjInitDecompress");
        Destroy = Function<DestroyFunction>(library, "tjDestroy");
        ReadHeader = Function<HeaderFunction>(library, "tjDecompressHeader3");
        Decompress = Function<DecompressFunction>(library, "tjDecompress2");
        // Since 2.0 errors belong to the decompressor; before that, to the process.
        error = NativeLibrary.TryGetExport(library, "tjGetErrorStr2", out var own)
            ? Marshal.GetDelegateForFunctionPointer<ErrorFunction>(own)
            : Function<ErrorFunction>(library, "tjGetErrorStr");
    }

    private readonly ErrorFunction error;

    /// <summary>The system's library; null where it is absent.</summary>
    public static TurboJpeg? System => Loaded.Value;

    public InitFunction InitDecompress { get; }

    public DestroyFunction Destroy { get; }

    public HeaderFunction ReadHeader { get; }

    public DecompressFunction Decompress { get; }

    /// <summary>The library with the first of these names that can be loaded; null where none can.</summary>
    public static TurboJpeg? TryLoad(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return new TurboJpeg(library);
            }
        }

        return null;
    }

    /// <summary>What the decompressor says of its last failure, as a sentence.</summary>
    public string Error(nint decompressor) => $"{Marshal.PtrToStringUTF8(error(decompressor))?.TrimEnd('.')}.";

    private static T Function<T>(nint library, string name) where T : Delegate =>
        Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate nint InitFunction();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate int DestroyFunction(nint decompressor);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate int HeaderFunction(
        nint decompressor, byte[] jpeg, CULong jpegBytes, out int width, out int height, out int subsampling, out int colorSpace);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate int DecompressFunction(
        nint decompressor, byte[] jpeg, CULong jpegBytes, byte[] pixels, int width, int pitch, int height, int pixelFormat, int flags);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint ErrorFunction(nint decompressor);
}
