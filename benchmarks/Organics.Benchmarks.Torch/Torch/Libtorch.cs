using System.Runtime.InteropServices;
using TorchSharp;

namespace SideBySide;

/// <summary>The native library behind TorchSharp.</summary>
static class Libtorch
{
    /// <summary>libtorch's and TorchSharp's versions.</summary>
    public static string Version => $"libtorch {torch.__version__} through TorchSharp {typeof(torch).Assembly.GetName().Version}";

    /// <summary>Loads libtorch and gives it <paramref name="threads"/> threads; where it cannot, says why and what to do.</summary>
    public static string? Load(int threads)
    {
        try
        {
            // Before TorchSharp tries: on failure it would copy the 500 MB and hide the loader's reason.
            NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"));
        }
        catch (DllNotFoundException e)
        {
            string reason = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
            return $"libtorch cannot be loaded here ({reason}): it needs the C++ runtime of GCC 13 or newer (Debian 13, Ubuntu 24.04), "
                + $"so run this as root: tools/trixie-root dotnet {Environment.GetCommandLineArgs()[0]}";
        }
        torch.set_num_threads(threads);
        return null;
    }
}
