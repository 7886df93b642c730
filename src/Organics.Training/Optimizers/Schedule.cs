namespace Organics;

/// <summary>How the learning rate changes from epoch to epoch, as a factor of its initial value.</summary>
public abstract record Schedule
{
    /// <summary>The factor in epoch 0, 1, ….</summary>
    public abstract double Factor(int epoch);

    /// <summary>Parses "constant", "step:SIZE:FACTOR" or "cosine:EPOCHS".</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static Schedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':');
        return parts switch
        {
            ["constant"] => new ConstantSchedule(),
            ["step", var size, var factor] when int.TryParse(size, out var s) && s > 0 && double.TryParse(factor, out var f) && f > 0 => new StepSchedule(s, f),
            ["cosine", var epochs] when int.TryParse(epochs, out var e) && e > 0 => new CosineSchedule(e),
            _ => throw new FormatException($"The schedule '{text}' is unknown; write constant, step:SIZE:FACTOR (as in step:20:0.7) or cosine:EPOCHS."),
        };
    }
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
/// <param name="Size">Epochs between changes.</param>
/// <param name="Gamma">The factor.</param>
public sealed record StepSchedule(int Size, double Gamma) : Schedule
{
    /// <inheritdoc/>
    public override double Factor(int epoch) => Math.Pow(Gamma, epoch / Size);

    /// <summary>As <see cref="Schedule.Parse"/> reads it.</summary>
    public override string ToString() => $"step:{Size}:{Gamma:R}";
}

/// <summary>Half a cosine from 1 to 0 (Loshchilov and Hutter, ICLR 2017), constant 0 afterwards.</summary>
/// <param name="Epochs">Epochs until 0.</param>
public sealed record CosineSchedule(int Epochs) : Schedule
{
    /// <inheritdoc/>
    public override double Factor(int epoch) => 0.5 * (1 + Math.Cos(Math.PI * Math.Min(epoch, Epochs) / Epochs));

    /// <summary>As <see cref="Schedule.Parse"/> reads it.</summary>
    public override string ToString() => $"cosine:{Epochs}";
}
