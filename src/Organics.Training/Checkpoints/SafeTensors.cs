using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Organics;

/// <summary>
/// The content of a safetensors file (https://huggingface.co/docs/safetensors): 8 bytes little-endian header length, a JSON header, the tensors' bytes. Nothing
/// in such a file can be run. The reader is strict: the header is UTF-8 JSON of known fields without duplicates, and the tensors cover the data exactly,
/// without holes or overlaps; everything else is a <see cref="CheckpointException"/>. A tensor of an unknown type is kept as it is.
/// </summary>
public sealed class SafeTensors
{
    const int LengthBytes = 8, Alignment = 8;
    const int MaxHeader = 100_000_000;
    const string MetadataKey = "__metadata__";
    readonly Dictionary<string, SafeTensor> _byName;

    SafeTensors(IReadOnlyList<SafeTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        (Tensors, Metadata) = (tensors, metadata);
        _byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafeTensor> Tensors { get; }

    /// <summary>The free text of the header, empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor called <paramref name="name"/>.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="CheckpointException">There is none; the message lists what there is.</exception>
    public SafeTensor this[string name] => _byName.TryGetValue(name, out SafeTensor? tensor) ? tensor
        : throw new CheckpointException($"The checkpoint has no tensor '{name}'; it has {string.Join(", ", _byName.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>Whether there is a tensor called <paramref name="name"/>.</summary>
    /// <param name="name">The name.</param>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is missing, cannot be opened or is no valid safetensors file.</exception>
    public static SafeTensors Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            long length = BoundedRead.LengthOf(path);
            if (length < LengthBytes) throw TooShort(path, length);
            using FileStream stream = File.OpenRead(path);
            // All that the header announces is checked before anything is read for it.
            byte[] start = new byte[LengthBytes];
            stream.ReadExactly(start);
            int headerLength = HeaderLength(start, length, path);
            byte[] header = new byte[headerLength];
            stream.ReadExactly(header);
            var (entries, metadata) = ParseHeader(header, length - LengthBytes - headerLength, path);
            long dataLength = length - LengthBytes - headerLength;
            if (dataLength > Array.MaxLength) throw Invalid(path, $"it has {dataLength} bytes of data, more than the {Array.MaxLength} that are read here");
            byte[] data = new byte[dataLength];
            stream.ReadExactly(data);
            return new SafeTensors([.. entries.Select(entry => entry.Over(data))], metadata);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"The checkpoint '{path}' cannot be opened: {error.Message.TrimEnd('.')}.", error);
        }
    }

    /// <summary>Reads a file already in memory; the tensors refer to <paramref name="file"/>, without copies.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The name that messages give to it.</param>
    /// <exception cref="CheckpointException">It is no valid safetensors file.</exception>
    public static SafeTensors Parse(ReadOnlyMemory<byte> file, string name)
    {
        if (file.Length < LengthBytes) throw TooShort(name, file.Length);
        int headerLength = HeaderLength(file.Span[..LengthBytes], file.Length, name);
        ReadOnlyMemory<byte> data = file[(LengthBytes + headerLength)..];
        var (entries, metadata) = ParseHeader(file.Span.Slice(LengthBytes, headerLength), data.Length, name);
        return new SafeTensors([.. entries.Select(entry => entry.Over(data))], metadata);
    }

    /// <summary>The tensors of known types as arrays that are read on request, each with a share of the file.</summary>
    /// <exception cref="CheckpointException">It is no valid safetensors file.</exception>
    internal static NamedArrays Arrays(ByteSource file, string name)
    {
        if (file.Length < LengthBytes) throw TooShort(name, file.Length);
        byte[] start = new byte[LengthBytes];
        file.Read(0, start);
        byte[] header = new byte[HeaderLength(start, file.Length, name)];
        file.Read(LengthBytes, header);
        long data = LengthBytes + header.Length;
        var (entries, _) = ParseHeader(header, file.Length - data, name);
        return NamedArrays.Of(arrays =>
        {
            foreach (Entry entry in entries)
            {
                if (entry.Type != NumberType.Other) arrays.Add(entry.Name, new NumberArray($"{name}:{entry.Name}", entry.Type, entry.Shape, file.Share(), data + entry.Begin, isBigEndian: false));
                else arrays.Refuse(entry.Name, $"'{name}:{entry.Name}' holds {entry.TypeName}, which is not known here; convert it to F32 where the file was made.");
            }
        });
    }

    static CheckpointException TooShort(string name, long length) => Invalid(name, $"it is {length} bytes long, where the header's length alone takes {LengthBytes}");

    static int HeaderLength(ReadOnlySpan<byte> start, long fileLength, string name)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > MaxHeader) throw Invalid(name, $"its header claims {length} bytes, more than the {MaxHeader} allowed");
        if (length > (ulong)(fileLength - LengthBytes)) throw Invalid(name, $"its header claims {length} bytes, but only {fileLength - LengthBytes} follow");
        return (int)length;
    }

    /// <summary>The tensors in the order of their bytes, which cover the data exactly, and the free text.</summary>
    static (List<Entry> Entries, Dictionary<string, string> Metadata) ParseHeader(ReadOnlySpan<byte> header, long dataLength, string name)
    {
        if (header.IsEmpty || header[0] != (byte)'{') throw Invalid(name, "its header does not begin with '{'");
        if (!Utf8.IsValid(header)) throw Invalid(name, "its header is not UTF-8");
        List<Entry> entries;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            entries = ReadHeader(header.TrimEnd((byte)' '), metadata, name);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Invalid(name, "its header is not valid JSON", error);
        }

        entries.Sort((a, b) => (a.Begin, a.End, a.Name).CompareTo((b.Begin, b.End, b.Name)));
        long covered = 0;
        foreach (Entry entry in entries)
        {
            if (entry.Begin != covered)
                throw Invalid(name, $"tensor '{entry.Name}' begins at byte {entry.Begin} of the data, where {covered} was expected, which leaves {(entry.Begin < covered ? "an overlap" : "a hole")}");
            if (entry.End > dataLength) throw Invalid(name, $"tensor '{entry.Name}' ends at byte {entry.End} of the data, which has only {dataLength}");
            // Of an unknown type the size is unknown, too.
            if (entry.Type != NumberType.Other && StoredNumbers.Bytes(entry.Type, entry.Shape) != entry.End - entry.Begin)
                throw Invalid(name, $"tensor '{entry.Name}' takes {entry.End - entry.Begin} bytes, which is not what {entry.Type} of shape [{string.Join(", ", entry.Shape)}] needs");
            covered = entry.End;
        }
        if (covered != dataLength) throw Invalid(name, $"its tensors cover {covered} bytes of data, but {dataLength} are there");
        return (entries, metadata);
    }

    /// <summary>Writes a file, all or nothing (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">The tensors, in any order: the file has them by descending element size, then by name.</param>
    /// <param name="metadata">Free text for the header, or null.</param>
    public static void Write(string path, IEnumerable<SafeTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes to a stream: the same tensors and metadata always give the same bytes.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">The tensors, in any order.</param>
    /// <param name="metadata">Free text for the header, or null.</param>
    public static void Write(Stream stream, IEnumerable<SafeTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        SafeTensor[] ordered = [.. tensors.OrderByDescending(tensor => StoredNumbers.SizeOf(tensor.Type)).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        RefuseBadNames(ordered);

        var header = new ArrayBufferWriter<byte>();
        // Names outside ASCII stay readable; the header is not HTML.
        using (var json = new Utf8JsonWriter(header, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            WriteHeader(json, ordered, metadata);
        }
        int padding = (Alignment - header.WrittenCount % Alignment) % Alignment;
        header.GetSpan(Alignment)[..padding].Fill((byte)' ');
        header.Advance(padding);
        if (header.WrittenCount > MaxHeader)
            throw new ArgumentException($"The header would take {header.WrittenCount} bytes, more than the {MaxHeader} allowed; write fewer tensors or less metadata.", nameof(tensors));

        Span<byte> length = stackalloc byte[LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.WrittenCount);
        stream.Write(length);
        stream.Write(header.WrittenSpan);
        foreach (SafeTensor tensor in ordered) stream.Write(tensor.Data.Span);
    }

    static void RefuseBadNames(SafeTensor[] tensors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (SafeTensor tensor in tensors)
        {
            if (tensor.Name == MetadataKey) throw new ArgumentException($"A tensor cannot be called '{MetadataKey}'; the format keeps that name for free text.", nameof(tensors));
            if (!seen.Add(tensor.Name)) throw new ArgumentException($"Two tensors are called '{tensor.Name}'; names must differ.", nameof(tensors));
        }
    }

    static void WriteHeader(Utf8JsonWriter json, SafeTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        json.WriteStartObject();
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject(MetadataKey);
            foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, value);
            json.WriteEndObject();
        }
        long offset = 0;
        foreach (SafeTensor tensor in tensors)
        {
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.TypeName);
            json.WriteStartArray("shape");
            foreach (int length in tensor.Shape) json.WriteNumberValue(length);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += tensor.Data.Length);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    static List<Entry> ReadHeader(ReadOnlySpan<byte> header, Dictionary<string, string> metadata, string file)
    {
        var json = new Utf8JsonReader(header);
        var entries = new List<Entry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        json.Read();
        while (NextProperty(ref json, names, file, "its header") is { } name)
        {
            if (name == MetadataKey) ReadMetadata(ref json, metadata, file);
            else entries.Add(ReadEntry(ref json, name, file));
        }
        if (json.BytesConsumed != header.Length) throw Invalid(file, "its header has something other than spaces after the JSON object");
        return entries;
    }

    static void ReadMetadata(ref Utf8JsonReader json, Dictionary<string, string> metadata, string file)
    {
        // Some writers say so that there is none.
        if (json.TokenType == JsonTokenType.Null) return;
        if (json.TokenType != JsonTokenType.StartObject) throw Invalid(file, $"'{MetadataKey}' is not an object");
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(ref json, keys, file, $"'{MetadataKey}'") is { } key)
        {
            if (json.TokenType != JsonTokenType.String) throw Invalid(file, $"'{MetadataKey}' has a value for '{key}' that is not a string");
            metadata.Add(key, json.GetString()!);
        }
    }

    static Entry ReadEntry(ref Utf8JsonReader json, string name, string file)
    {
        if (json.TokenType != JsonTokenType.StartObject) throw Invalid(file, $"tensor '{name}' is not described by an object");
        string? type = null;
        long[]? shape = null, offsets = null;
        var fields = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(ref json, fields, file, $"tensor '{name}'") is { } field)
        {
            switch (field)
            {
                case "dtype":
                    type = json.TokenType == JsonTokenType.String && json.GetString() is { Length: > 0 } text ? text : throw Invalid(file, $"tensor '{name}' has a dtype that is no name");
                    break;
                case "shape":
                    shape = ReadLengths(ref json, name, field, int.MaxValue, file);
                    break;
                case "data_offsets":
                    offsets = ReadLengths(ref json, name, field, long.MaxValue, file);
                    break;
                default:
                    throw Invalid(file, $"tensor '{name}' has an unknown field '{field}'");
            }
        }
        if (type is null || shape is null || offsets is null) throw Invalid(file, $"tensor '{name}' lacks one of dtype, shape and data_offsets");
        if (offsets.Length != 2 || offsets[1] < offsets[0]) throw Invalid(file, $"tensor '{name}' has data_offsets [{string.Join(", ", offsets)}], where [begin, end] was expected");
        return new Entry(name, type, Array.ConvertAll(shape, length => (int)length), offsets[0], offsets[1]);
    }

    static long[] ReadLengths(ref Utf8JsonReader json, string name, string field, long largest, string file)
    {
        var lengths = new List<long>();
        if (json.TokenType != JsonTokenType.StartArray) throw Invalid(file, $"tensor '{name}' has a {field} that is not an array");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long length) || length < 0 || length > largest)
                throw Invalid(file, $"tensor '{name}' has a {field} with an element that is not a whole number from 0 to {largest}");
            lengths.Add(length);
        }
        return [.. lengths];
    }

    /// <summary>Steps to the value of the next property and returns its name; null at the end of the object.</summary>
    static string? NextProperty(ref Utf8JsonReader json, HashSet<string> seen, string file, string owner)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.EndObject) return null;
        string name = json.GetString()!;
        if (!seen.Add(name)) throw Invalid(file, $"{owner} has '{name}' twice");
        json.Read();
        return name;
    }

    static CheckpointException Invalid(string file, string what, Exception? inner = null) =>
        new($"'{file}' is no valid safetensors file: {what}.", inner);

    readonly record struct Entry(string Name, string TypeName, int[] Shape, long Begin, long End)
    {
        static readonly Dictionary<string, NumberType> Types = Enum.GetValues<NumberType>().Where(type => type != NumberType.Other).ToDictionary(type => type.ToString(), StringComparer.Ordinal);

        public NumberType Type => Types.GetValueOrDefault(TypeName, NumberType.Other);

        public SafeTensor Over(ReadOnlyMemory<byte> data)
        {
            ReadOnlyMemory<byte> own = data[(int)Begin..(int)End];
            return Type == NumberType.Other ? SafeTensor.OfOther(Name, TypeName, Shape, own) : new SafeTensor(Name, Type, Shape, own);
        }
    }
}
