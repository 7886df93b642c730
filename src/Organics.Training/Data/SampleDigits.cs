namespace Organics;

/// <summary>
/// 5,000 training and 1,000 test digits of MNIST inside the assembly, 500 and 100 of each class, so that everything runs without a download.
/// Drawn by <c>tools/draw-sample</c>; see <c>Data/Sample/ATTRIBUTION.md</c> for its origin and licence (CC BY-SA 3.0).
/// </summary>
public static class SampleDigits
{
    /// <summary>The name the catalogue knows the set by.</summary>
    public const string Name = "sample";

    /// <summary>Reads the set from the assembly: 28×28 pixels, 10 classes.</summary>
    public static DataSet Load() => DataCatalog.Pair(Name, [.. DataCatalog.Mnist.Files.Select(Read)], classes: 10);

    internal static IdxArray Read(PublishedFile file)
    {
        string resource = $"Organics.Sample.{file.Name}.gz";
        using Stream stream = typeof(SampleDigits).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly was built without its resource '{resource}'; build it with the files of Data/Sample.");
        return Idx.Read(stream, file.Magic, resource);
    }
}
