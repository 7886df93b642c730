namespace Organics;

/// <summary>Where data sets are kept between runs: one folder per set under one cache folder.</summary>
public static class DataCache
{
    /// <summary>The environment variable that names the cache folder.</summary>
    public const string Variable = "ORGANICS_DATA";

    /// <summary>
    /// The cache folder: <c>ORGANICS_DATA</c> where it is set, else <c>organics</c> in the user's cache folder (<c>XDG_CACHE_HOME</c> or
    /// <c>~/.cache</c>; <c>~/Library/Caches</c> on macOS; the local application data on Windows). It need not exist.
    /// </summary>
    public static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named) return named;
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            string caches = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg) ? xdg
                : Path.Combine(home, ".cache");
            return Path.Combine(caches, "organics");
        }
    }

    /// <summary>The file called <paramref name="name"/> in <paramref name="folder"/>, raw or .gz, also as <c>train-images.idx3-ubyte</c>; null where there is
    /// none.</summary>
    /// <param name="folder">The folder of one set.</param>
    /// <param name="name">The usual name, such as <c>train-images-idx3-ubyte</c>.</param>
    public static string? Find(string folder, string name)
    {
        string dotted = name.Replace("-idx", ".idx", StringComparison.Ordinal);
        foreach (string candidate in (string[])[name, name + ".gz", dotted, dotted + ".gz"])
        {
            string path = Path.Combine(folder, candidate);
            if (File.Exists(path)) return path;
        }
        return null;
    }
}
