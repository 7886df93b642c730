using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Organics;

/// <summary>
/// What stands before the numbers of an .npy file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): the magic bytes, a version, and a
/// Python dictionary of three entries, which is parsed as such and never evaluated.
/// </summary>
/// <param name="Type">The element type.</param>
/// <param name="IsBigEndian">The order of an element's bytes.</param>
/// <param name="IsFortran">Whether the first axis runs fastest.</param>
/// <param name="Shape">One length per axis.</param>
/// <param name="Length">Bytes before the numbers.</param>
/// <param name="Refusal">Where the type is <see cref="NumberType.Other"/>: one sentence that says why it is not read.</param>
sealed record NpyHeader(NumberType Type, bool IsBigEndian, bool IsFortran, int[] Shape, int Length, string? Refusal)
{
    // Those of a numeric array have some 100 bytes; NumPy itself reads no more than 10,000 from strangers.
    const int Longest = 1 << 16;

    // NumPy's own limit.
    const int MostAxes = 64;

    // Where NumPy begins the numbers.
    const int Alignment = 64;

    static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the header that a stream begins with, and compares what it announces with the length of the whole.</summary>
    /// <param name="stream">At the begin of the file; afterwards at its numbers.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">It is no .npy file, or its length is another one than its header says.</exception>
    public static NpyHeader Read(Stream stream, long length, string name)
    {
        Span<byte> start = stackalloc byte[12];
        int got = stream.ReadAtLeast(start[..8], 8, throwOnEndOfStream: false);
        if (got < 8 || !start[..6].SequenceEqual(Magic))
            throw new InvalidDataException($"'{name}' is no .npy file, which begins with the bytes \\x93NUMPY and a version; write it with numpy.save.");
        int version = start[6];
        if (version is < 1 or > 3 || start[7] != 0)
            throw new InvalidDataException($"'{name}' is an .npy file of version {version}.{start[7]}, where 1.0, 2.0 or 3.0 was expected; write it with numpy.save.");
        int lengthBytes = version == 1 ? 2 : 4;
        if (stream.ReadAtLeast(start[8..(8 + lengthBytes)], lengthBytes, throwOnEndOfStream: false) < lengthBytes) throw Torn(name);
        uint announced = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (announced > Longest)
            throw new InvalidDataException($"'{name}' says that its header has {announced} bytes, where at most {Longest} are read; save a plain array of numbers.");
        int before = 8 + lengthBytes + (int)announced;
        if (before > length) throw Torn(name);
        byte[] text = new byte[announced];
        if (stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false) < text.Length) throw Torn(name);
        if (version == 3 && !Utf8.IsValid(text)) throw Literal.Invalid(name, "its text is not UTF-8");

        NpyHeader header = new Literal(version == 3 ? Encoding.UTF8.GetString(text) : Encoding.Latin1.GetString(text), name).Parse(before);
        if (header.Refusal is not null) return header;
        long? bytes = StoredNumbers.Bytes(header.Type, header.Shape);
        if (bytes != length - before)
        {
            string needs = bytes is { } number ? $"{number}" : "more than 2⁶³";
            throw new InvalidDataException($"'{name}' says that it holds {header.Type} of shape {NumberArray.Text(header.Shape)}, which takes {needs} bytes, but {length - before} follow its header; save the array anew.");
        }
        return header;
    }

    /// <summary>The bytes that <see cref="Read"/> reads: version 1.0, little-endian, in C order.</summary>
    public static byte[] Of(NumberType type, IReadOnlyList<int> shape)
    {
        string lengths = string.Join(", ", shape) + (shape.Count == 1 ? "," : "");
        string text = $"{{'descr': '{Descr(type)}', 'fortran_order': False, 'shape': ({lengths}), }}";
        int length = (10 + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        byte[] bytes = new byte[length];
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)(length - 10));
        Encoding.ASCII.GetBytes(text.PadRight(length - 11) + "\n", bytes.AsSpan(10));
        return bytes;
    }

    static InvalidDataException Torn(string name) => new($"'{name}' ends within its header: the .npy file is torn; save the array anew.");

    static string Descr(NumberType type) => type switch
    {
        NumberType.BOOL => "|b1",
        NumberType.U8 => "|u1",
        NumberType.I8 => "|i1",
        NumberType.U16 => "<u2",
        NumberType.I16 => "<i2",
        NumberType.U32 => "<u4",
        NumberType.I32 => "<i4",
        NumberType.U64 => "<u8",
        NumberType.I64 => "<i8",
        NumberType.F16 => "<f2",
        NumberType.F32 => "<f4",
        NumberType.F64 => "<f8",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "NumPy has no such type."),
    };

    static readonly Dictionary<string, NumberType> Types =
        Enum.GetValues<NumberType>().Where(type => type is not (NumberType.BF16 or NumberType.Other))
            .ToDictionary(type => Descr(type)[1..], StringComparer.Ordinal);

    /// <summary>The dictionary, a literal of Python: <c>{'descr': '&lt;f8', 'fortran_order': False, 'shape': (3, 4), }</c>.</summary>
    ref struct Literal(string text, string name)
    {
        int _at;

        public static InvalidDataException Invalid(string name, string what) =>
            new($"'{name}' has an .npy header that cannot be read: {what}; save the array anew with numpy.save.");

        public NpyHeader Parse(int before)
        {
            (NumberType Type, bool IsBigEndian, string? Refusal)? type = null;
            bool? isFortran = null;
            int[]? shape = null;
            Expect('{');
            while (!Next('}'))
            {
                string key = String();
                Expect(':');
                bool isTwice = key switch
                {
                    "descr" => type is not null,
                    "fortran_order" => isFortran is not null,
                    "shape" => shape is not null,
                    _ => throw Invalid(name, $"it has an unknown key '{key}'"),
                };
                if (isTwice) throw Invalid(name, $"it has '{key}' twice");
                if (key == "descr" && Next('[')) return new NpyHeader(NumberType.Other, false, false, [], before, $"'{name}' is an array of records with named fields, where plain numbers were expected; save each field as an array of its own.");
                if (key == "descr") type = Descr();
                else if (key == "shape") shape = Shape();
                else isFortran = Boolean();
                if (Next(',')) continue;
                Expect('}');
                break;
            }
            Skip();
            if (_at < text.Length) throw Invalid(name, "something other than spaces follows the dictionary");
            if (type is not { } element || isFortran is not { } fortran || shape is null)
                throw Invalid(name, "it lacks one of 'descr', 'fortran_order' and 'shape'");
            return new NpyHeader(element.Type, element.IsBigEndian, fortran, shape, before, element.Refusal);
        }

        (NumberType Type, bool IsBigEndian, string? Refusal) Descr()
        {
            string descr = String();
            if (descr.Length < 2 || !"<>|=".Contains(descr[0], StringComparison.Ordinal)) throw Invalid(name, $"its type '{descr}' is none of NumPy's");
            // = is the order of the machine.
            if (Types.TryGetValue(descr[1..], out NumberType type) && (descr[0] is '<' or '>' or '=' || StoredNumbers.SizeOf(type) == 1))
                return (type, descr[0] == '>' || (descr[0] == '=' && !BitConverter.IsLittleEndian), null);
            string remedy = descr[1] switch
            {
                'O' => "save it as numbers, such as array.astype('float32'); sequences of different lengths are padded to one length beside an array of their lengths",
                'U' or 'S' => "give the texts numbers, as numpy.unique(array, return_inverse=True) does",
                'c' => "save its real and imaginary parts as two channels",
                _ => "convert it to numbers, such as array.astype('float64')",
            };
            string what = descr[1] switch
            {
                'O' => "Python objects",
                'U' or 'S' => "texts",
                'c' => "complex numbers",
                'M' or 'm' => "times",
                _ => "elements of another kind",
            };
            return (NumberType.Other, false, $"'{name}' has the NumPy type '{descr}', which is of {what}, where Booleans, integers or floating-point numbers of at most 8 bytes were expected; {remedy}.");
        }

        int[] Shape()
        {
            var lengths = new List<int>();
            Expect('(');
            bool isTuple = true;
            while (!Next(')'))
            {
                if (!isTuple) throw Invalid(name, "its shape is no tuple of lengths");
                lengths.Add(Number());
                if (lengths.Count > MostAxes) throw Invalid(name, $"its shape has more than {MostAxes} axes");
                isTuple = Next(',');
            }
            // (3) is a number in Python.
            return lengths.Count == 1 && !isTuple ? throw Invalid(name, "its shape is no tuple of lengths") : [.. lengths];
        }

        int Number()
        {
            Skip();
            int begin = _at;
            while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
            ReadOnlySpan<char> digits = text.AsSpan(begin, _at - begin);
            // As Python 2 wrote whole numbers.
            if (!digits.IsEmpty && _at < text.Length && text[_at] == 'L') _at++;
            return !(digits.Length > 1 && digits[0] == '0') && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
                : throw Invalid(name, $"its shape has a length that is not a whole number from 0 to {int.MaxValue}");
        }

        bool Boolean()
        {
            Skip();
            foreach (bool value in (ReadOnlySpan<bool>)[false, true])
            {
                string word = value ? "True" : "False";
                if (!text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal)) continue;
                _at += word.Length;
                return value;
            }
            throw Invalid(name, "'fortran_order' is neither True nor False");
        }

        string String()
        {
            Skip();
            if (_at == text.Length || text[_at] is not ('\'' or '"')) throw Invalid(name, $"a text in quotes was expected at character {_at}");
            int end = text.IndexOf(text[_at], _at + 1);
            if (end < 0) throw Invalid(name, $"the text in quotes at character {_at} has no end");
            string inner = text[(_at + 1)..end];
            if (inner.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0 || inner.Contains('\\', StringComparison.Ordinal))
                throw Invalid(name, $"the text in quotes at character {_at} has a character that no key or type has");
            _at = end + 1;
            return inner;
        }

        bool Next(char c)
        {
            Skip();
            if (_at == text.Length || text[_at] != c) return false;
            _at++;
            return true;
        }

        void Expect(char c)
        {
            if (!Next(c)) throw Invalid(name, $"'{c}' was expected at character {_at}");
        }

        void Skip()
        {
            while (_at < text.Length && text[_at] is ' ' or '\n' or '\t' or '\r') _at++;
        }
    }
}
