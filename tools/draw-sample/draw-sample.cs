#:project ../../src/Organics.Training/Organics.Training.csproj
#:property PublishAot=false

// Draws the sample of MNIST that the library carries: dotnet run tools/draw-sample/draw-sample.cs -- MNIST-FOLDER OUTPUT-FOLDER
// Class by class, the first images of a seeded permutation; kept in the order of the source files. The same source gives the same sample.

using System.IO.Compression;
using System.Security.Cryptography;
using Organics;

const ulong Seed = 73;
const int TrainPerClass = 500, TestPerClass = 100;

if (args is not [string source, string output])
{
    Console.Error.WriteLine("usage: dotnet run tools/draw-sample/draw-sample.cs -- MNIST-FOLDER OUTPUT-FOLDER");
    return 2;
}

Directory.CreateDirectory(output);
foreach (PublishedFile file in DataCatalog.Mnist.Files)
{
    string path = DataCache.Find(source, file.Name) ?? throw new FileNotFoundException($"'{source}' has no '{file.Name}'.");
    IdxArray array = file.Magic == Idx.ImagesMagic ? Idx.ReadImages(path) : Idx.ReadLabels(path);
    if (array.Sha256 != file.Sha256) throw new InvalidDataException($"'{path}' is not the published file of MNIST.");
}

DataSet mnist = DataCatalog.Load(source);
Save(Draw((ImageSet)mnist.Train, TrainPerClass, stream: 0), DataCatalog.Mnist.Files[0], DataCatalog.Mnist.Files[1]);
Save(Draw((ImageSet)mnist.Test!, TestPerClass, stream: 1), DataCatalog.Mnist.Files[2], DataCatalog.Mnist.Files[3]);
return 0;

static ImageSet Draw(ImageSet all, int perClass, ulong stream)
{
    var chosen = new List<int>();
    for (int label = 0; label < all.Classes; label++)
    {
        int[] members = [.. Enumerable.Range(0, all.Count).Where(i => all.Labels[i] == label)];
        new CounterRandom(Seed, stream * (ulong)all.Classes + (ulong)label).Shuffle(members.AsSpan());
        chosen.AddRange(members[..perClass]);
    }
    chosen.Sort();
    return all.Select(chosen.ToArray());
}

void Save(ImageSet images, PublishedFile pixels, PublishedFile labels)
{
    Write(pixels.Name, stream => Idx.WriteImages(stream, images.Pixels, images.Rows, images.Columns));
    Write(labels.Name, stream => Idx.WriteLabels(stream, images.Labels));
}

void Write(string name, Action<Stream> write)
{
    using var raw = new MemoryStream();
    write(raw);
    string path = Path.Combine(output, name + ".gz");
    // GZipStream writes neither a time nor a name into the header, so the file depends on its content alone.
    using (var gzip = new GZipStream(File.Create(path), CompressionLevel.SmallestSize)) raw.WriteTo(gzip);
    Console.WriteLine($"{name} | {raw.Length} | {Convert.ToHexStringLower(SHA256.HashData(raw.ToArray()))} | {new FileInfo(path).Length} gzipped");
}
