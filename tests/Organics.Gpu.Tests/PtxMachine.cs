using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Organics.Gpu.Tests;

/// <summary>
/// Runs the PTX of a kernel without barriers, one thread after the other, each instruction by its definition in NVIDIA's PTX ISA: what ILGPU made of
/// the C#, which its emulation never sees. Products and sums are not contracted.
/// </summary>
sealed partial class PtxMachine
{
    readonly record struct Instruction(string? Guard, bool Negated, string[] Op, string[] Args);

    readonly List<Instruction> _code = [];
    readonly Dictionary<string, int> _labels = [], _parameters = [];
    readonly List<byte[]> _arrays = [];
    readonly Dictionary<string, ulong> _registers = [];

    public PtxMachine(string ptx)
    {
        foreach (Match m in Parameter().Matches(ptx)) _parameters[m.Groups[1].Value] = _parameters.Count;
        foreach (var line in ptx[ptx.LastIndexOf('{')..].Split('\n').Select(l => l.Trim()))
        {
            if (line.EndsWith(':')) _labels[line[..^1]] = _code.Count;
            var m = Statement().Match(line);
            if (m.Success && m.Groups[3].Value[0] != '.')
                _code.Add(new(m.Groups[2].Success ? m.Groups[2].Value : null, m.Groups[1].Value == "!", m.Groups[3].Value.Split('.'),
                    [.. m.Groups[4].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]));
        }
    }

    /// <summary>The argument that stands for an array: its address and its length.</summary>
    public byte[] View<T>(T[] values) where T : unmanaged
    {
        _arrays.Add(MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        return [.. BitConverter.GetBytes((ulong)_arrays.Count << 40), .. BitConverter.GetBytes((long)values.Length)];
    }

    /// <summary>The elements of the array that was the n-th to become an argument.</summary>
    public T[] Read<T>(int n) where T : unmanaged => MemoryMarshal.Cast<byte, T>(_arrays[n]).ToArray();

    /// <summary>The argument that stands for a value.</summary>
    public static byte[] Value<T>(T value) where T : unmanaged => MemoryMarshal.AsBytes(new Span<T>(ref value)).ToArray();

    /// <summary>Runs the kernel with some threads, whose number is also its first argument.</summary>
    public void Run(int threads, params byte[][] arguments)
    {
        byte[][] all = [BitConverter.GetBytes(threads), .. arguments];
        for (var thread = 0; thread < threads; thread++)
        {
            _registers.Clear();
            (_registers["%ctaid.x"], _registers["%ntid.x"], _registers["%tid.x"]) = ((uint)thread, 1, 0);
            for (var at = 0; at < _code.Count;)
            {
                var i = _code[at++];
                if (i.Guard is not null && (_registers[i.Guard] != 0) == i.Negated) continue;
                if (i.Op[0] == "ret") break;
                if (i.Op[0] == "bra") at = _labels[i.Args[0]];
                else Execute(i, all);
            }
        }
    }

    void Execute(Instruction i, byte[][] arguments)
    {
        var (op, args) = (i.Op, i.Args);
        var type = op[^1];
        switch (op[0])
        {
            case "ld" when op[1] == "param":
                var p = Address().Match(args[1]);
                _registers[args[0]] = Load(arguments[_parameters[p.Groups[1].Value]], Offset(p), type);
                break;
            case "ld":
                _registers[args[0]] = Load(Memory(args[1], out var from), from, type);
                break;
            case "st":
                BitConverter.GetBytes(Get(args[1])).AsSpan(0, Size(type)).CopyTo(Memory(args[0], out var to).AsSpan(to));
                break;
            case "setp":
                _registers[args[0]] = Compare(op[1], type, Get(args[1]), Get(args[2])) ? 1UL : 0;
                break;
            case "selp":
                _registers[args[0]] = Get(args[3]) != 0 ? Get(args[1]) : Get(args[2]);
                break;
            case "testp":
                _registers[args[0]] = double.IsNaN(Float(Get(args[1]), type)) ? 1UL : 0;
                break;
            case "cvt":
                _registers[args[0]] = Convert(op[^2], type, Get(args[1]));
                break;
            case "cvta" or "mov":
                _registers[args[0]] = Get(args[1]);
                break;
            default:
                _registers[args[0]] = type[0] == 'f' ? Real(op[0], type, args) : Integer(op, type, args);
                break;
        }
    }

    ulong Real(string op, string type, string[] args)
    {
        var x = args[1..].Select(a => Float(Get(a), type)).ToArray();
        // Every operation on two floats, rounded once to double and once more to float, is rounded right; a fused one is not.
        return type == "f32" && op == "fma"
            ? BitConverter.SingleToUInt32Bits(MathF.FusedMultiplyAdd((float)x[0], (float)x[1], (float)x[2]))
            : Bits(op switch
            {
                "add" => x[0] + x[1],
                "sub" => x[0] - x[1],
                "mul" => x[0] * x[1],
                "div" => x[0] / x[1],
                "rcp" => 1 / x[0],
                "fma" => Math.FusedMultiplyAdd(x[0], x[1], x[2]),
                "sqrt" => Math.Sqrt(x[0]),
                "abs" => Math.Abs(x[0]),
                "neg" => -x[0],
                _ => throw new NotSupportedException($"PTX: {op}.{type}"),
            }, type);
    }

    ulong Integer(string[] op, string type, string[] args)
    {
        var x = args[1..].Select(a => Signed(Get(a), type)).ToArray();
        var y = op[0] switch
        {
            "add" => x[0] + x[1],
            "sub" => x[0] - x[1],
            "mul" => x[0] * x[1],
            "mad" => x[0] * x[1] + x[2],
            "div" => x[1] == 0 ? -1 : x[0] / x[1],
            "rem" => x[1] == 0 ? x[0] : x[0] % x[1],
            "and" => x[0] & x[1],
            "or" => x[0] | x[1],
            "abs" => Math.Abs(x[0]),
            "neg" => -x[0],
            "not" => type == "pred" ? 1 - x[0] : ~x[0],
            "shl" => x[0] << (int)x[1],
            "shr" => x[0] >> (int)x[1],
            _ => throw new NotSupportedException($"PTX: {string.Join('.', op)}"),
        };
        return op[1] == "wide" || Size(type) == 8 ? (ulong)y : (uint)y;
    }

    static bool Compare(string relation, string type, ulong a, ulong b)
    {
        var order = type[0] == 'f' ? Float(a, type).CompareTo(Float(b, type)) : Signed(a, type).CompareTo(Signed(b, type));
        if (type[0] == 'f' && (double.IsNaN(Float(a, type)) || double.IsNaN(Float(b, type)))) return relation.Length == 3;
        if (type[0] == 'f' && Float(a, type) == Float(b, type)) order = 0;
        return relation[..2] switch
        {
            "lt" or "lo" => order < 0,
            "le" or "ls" => order <= 0,
            "gt" or "hi" => order > 0,
            "ge" or "hs" => order >= 0,
            "eq" => order == 0,
            "ne" => order != 0,
            _ => throw new NotSupportedException($"PTX: setp.{relation}"),
        };
    }

    // cvt.to.from: to integers towards zero, saturating, 0 for a NaN; to floats to nearest; between integers by dropping bits.
    static ulong Convert(string to, string from, ulong x) => (to[0], from[0]) switch
    {
        ('f', 'f') => Bits(Float(x, from), to),
        ('f', _) => Bits(Signed(x, from), to),
        (_, 'f') => Size(to) == 4 ? (uint)(int)Float(x, from) : (ulong)(long)Float(x, from),
        _ => Math.Min(Size(to), Size(from)) == 4 ? (uint)x : x,
    };

    static ulong Load(byte[] memory, int offset, string type)
    {
        Span<byte> eight = stackalloc byte[8];
        memory.AsSpan(offset, Size(type)).CopyTo(eight);
        return BitConverter.ToUInt64(eight);
    }

    byte[] Memory(string operand, out int offset)
    {
        var m = Address().Match(operand);
        var address = _registers[m.Groups[1].Value];
        offset = (int)(address & 0xFFFFFFFFFF) + Offset(m);
        return _arrays[(int)(address >> 40) - 1];
    }

    ulong Get(string operand) => operand switch
    {
        ['%', ..] => _registers[operand],
        ['0', 'f', ..] => uint.Parse(operand.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        ['0', 'd', ..] => ulong.Parse(operand.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        _ => (ulong)long.Parse(operand, CultureInfo.InvariantCulture),
    };

    static int Offset(Match address) => address.Groups[2].Success ? int.Parse(address.Groups[2].Value, CultureInfo.InvariantCulture) : 0;

    static int Size(string type) => type == "pred" ? 1 : int.Parse(type.AsSpan(1), CultureInfo.InvariantCulture) / 8;

    static long Signed(ulong bits, string type) => type == "pred" ? (long)(bits & 1) : Size(type) == 8 ? (long)bits : type[0] == 'u' ? (uint)bits : (int)bits;

    static double Float(ulong bits, string type) => type == "f32" ? BitConverter.UInt32BitsToSingle((uint)bits) : BitConverter.UInt64BitsToDouble(bits);

    static ulong Bits(double value, string type) => type == "f32" ? BitConverter.SingleToUInt32Bits((float)value) : BitConverter.DoubleToUInt64Bits(value);

    [GeneratedRegex(@"\.param [^\n]*?(_\w+)(?:\[\d+\])?,?\s*\n")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^(?:@(!?)(%p\d+)\s+)?([a-z.][\w.]*)\s*(.*);$")]
    private static partial Regex Statement();

    [GeneratedRegex(@"\[([%\w.]+)(?:\+(\d+))?\]")]
    private static partial Regex Address();
}
