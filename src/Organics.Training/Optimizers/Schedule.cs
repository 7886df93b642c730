using System.Globalization;

namespace Organics;

/// <summary>How the learning rate changes from epoch to epoch, as a factor of its initial value.</summary>
public abstract record Schedule
{
    /// <summary>The factor in epoch 0, 1, ….</summary>
    public abstract double Factor(int epoch);

    /// <summary>The first epoch from which on the factor is 0; null where there is none. No schedule rises again from 0.</summary>
    /// <param name="epochs">How many epochs there are, 1 or more.</param>
    public int? FirstZero(int epochs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        if (Factor(epochs - 1) != 0) return null;
        // By halves, for there may be two billion epochs: the factor is 0 at the last and nowhere before the first.
        int first = 0, last = epochs - 1;
        while (first < last)
        {
            int middle = first + (last - first) / 2;
            if (Factor(middle) == 0) last = middle;
            else first = middle + 1;
        }
        return first;
    }

    /// <summary>Parses "constant", "step:SIZE:FACTOR" or "cosine:EPOCHS".</summary>
    /// <exception cref="FormatException">The text is none of these, or a number is out of range.</exception>
    public static Schedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return text.Split(':') switch
            {
                ["constant"] => new ConstantSchedule(),
                ["step", var size, var factor] => new StepSchedule(Whole(size), double.Parse(factor, NumberStyles.Float, CultureInfo.InvariantCulture)),
                ["cosine", var epochs] => new CosineSchedule(Whole(epochs)),
                _ => throw new FormatException("It is none of the known ones."),
            };
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            throw new FormatException($"The schedule '{text}' is unknown; write constant, step:SIZE:FACTOR (as in step:20:0.7) or cosine:EPOCHS.", error);
        }
    }

    /// <summary>xⁿ for n ≥ 0 by squaring. Math.Pow is the system's, and another processor's may differ in the last bit.</summary>
    internal static double Power(double x, long n)
    {
        var power = 1.0;
        for (; n > 0; n >>= 1, x *= x)
            if ((n & 1) != 0) power *= x;
        return power;
    }

    static int Whole(string text) => int.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture);

    private protected static int AtLeastOne(int epochs, string name) => epochs >= 1 ? epochs
        : throw new ArgumentOutOfRangeException(name, $"The schedule has {epochs} epochs; give 1 or more.");
}

/// <summary>No change.</summary>
public sealed record ConstantSchedule : Schedule
{
    /// <inheritdoc/>
    public override double Factor(int epoch) => 1;

    /// <summary>As <see cref="Schedule.Parse"/> reads it.</summary>
    public override string ToString() => "constant";
}

/// <summary>PyTorch's StepLR: multiplied by a factor every so many epochs.</summary>
/// <param name="Size">Epochs between changes, 1 or more.</param>
/// <param name="Gamma">The factor, finite and above 0.</param>
/// <exception cref="ArgumentOutOfRangeException">One of them is not.</exception>
public sealed record StepSchedule(int Size, double Gamma) : Schedule
{
    /// <summary>Epochs between changes.</summary>
    public int Size { get; } = AtLeastOne(Size, nameof(Size));

    /// <summary>The factor.</summary>
    public double Gamma { get; } = double.IsFinite(Gamma) && Gamma > 0 ? Gamma
        : throw new ArgumentOutOfRangeException(nameof(Gamma), $"The factor of the schedule is {Gamma}; give a finite number above 0.");

    /// <inheritdoc/>
    public override double Factor(int epoch) => Power(Gamma, epoch / Size);

    /// <summary>As <see cref="Schedule.Parse"/> reads it.</summary>
    public override string ToString() => FormattableString.Invariant($"step:{Size}:{Gamma:R}");
}

/// <summary>Half a cosine from 1 to 0 (Loshchilov and Hutter, ICLR 2017), constant 0 afterwards.</summary>
/// <param name="Epochs">Epochs until 0, 1 or more.</param>
/// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
public sealed record CosineSchedule(int Epochs) : Schedule
{
    /// <summary>Epochs until 0.</summary>
    public int Epochs { get; } = AtLeastOne(Epochs, nameof(Epochs));

    /// <inheritdoc/>
    public override double Factor(int epoch) => 0.5 * (1 + double.CosPi((double)Math.Min(epoch, Epochs) / Epochs));

    /// <summary>As <see cref="Schedule.Parse"/> reads it.</summary>
    public override string ToString() => FormattableString.Invariant($"cosine:{Epochs}");
}
