using System.Globalization;

namespace Organics;

/// <summary>
/// How much of a sequence is kept for the backward pass. What is not kept is computed again from states saved every √T steps
/// (Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016).
/// </summary>
/// <remarks>A GPU keeps the saved states alone, whatever it may use.</remarks>
public readonly record struct SequenceMemory
{
    /// <summary>The bytes that may be used for what is kept beside the saved states; 0 keeps nothing else, <see cref="long.MaxValue"/> everything.</summary>
    public long Bytes { get; private init; }

    /// <summary>Only the saved states: the memory grows with √T, and every step is computed twice.</summary>
    public static SequenceMemory Sqrt => default;

    /// <summary>Everything: the memory grows with T, and nothing is computed twice.</summary>
    public static SequenceMemory All => new() { Bytes = long.MaxValue };

    /// <summary>As many of the last steps as fit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 0 bytes.</exception>
    public static SequenceMemory Within(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new() { Bytes = bytes };
    }

    /// <summary>Reads "all", "sqrt" or a number of bytes; also "none" (no recomputation), as older runs call "all".</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static SequenceMemory Parse(string text) => text switch
    {
        "all" or "none" => All,
        "sqrt" => Sqrt,
        _ => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? Within(bytes)
            : throw new FormatException($"'{text}' is neither all, sqrt nor a number of bytes."),
    };

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Bytes switch
    {
        0 => "sqrt",
        long.MaxValue => "all",
        _ => Bytes.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Steps between two saved states: near √T.</summary>
    public static int SegmentLength(int steps) => Math.Max(1, (int)Math.Ceiling(Math.Sqrt(steps)));
}
