namespace Organics;

/// <summary>One IDX file of a published set.</summary>
/// <param name="Name">Its usual name, without .gz: <c>train-images-idx3-ubyte</c>.</param>
/// <param name="Magic"><see cref="Idx.ImagesMagic"/> or <see cref="Idx.LabelsMagic"/>.</param>
/// <param name="Length">Bytes of the uncompressed file.</param>
/// <param name="Sha256">SHA-256 of the uncompressed file, lower-case hexadecimal.</param>
public sealed record PublishedFile(string Name, int Magic, long Length, string Sha256);

/// <summary>A set that the world publishes: its four files with their hashes, and where they can be had.</summary>
/// <param name="Name">The name it is asked for by, and its folder in the cache.</param>
/// <param name="Files">Training images and labels, test images and labels, in this order.</param>
/// <param name="Mirrors">Addresses, each ending in a slash, tried in this order; a file is fetched as <c>mirror + name + .gz</c>.</param>
/// <param name="SystemFolders">Folders where an operating system's package puts the set.</param>
public sealed record PublishedDataSet(string Name, IReadOnlyList<PublishedFile> Files, IReadOnlyList<Uri> Mirrors, IReadOnlyList<string> SystemFolders);
