namespace Organics;

/// <summary>The random numbers of one trial, one after the other: a pure function of seed, part and trial.</summary>
/// <param name="random">A stream of its own.</param>
public sealed class TrialRandom(CounterRandom random)
{
    ulong _next;

    /// <summary>Uniform on (low, high).</summary>
    public double Uniform(double low = 0, double high = 1) => low + (high - low) * random.Uniform(_next++);

    /// <summary>Normal of mean 0.</summary>
    public double Normal(double deviation = 1) => deviation * random.Normal(_next++);

    /// <summary>A whole number from 0 to bound − 1, each as likely.</summary>
    public int Below(int bound) => random.Below(_next++, bound);

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>, each as likely.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);
}

/// <summary>One trial of a task, to be written by it; everything begins at 0, but weights at 1.</summary>
/// <param name="format">What it is like.</param>
/// <param name="inputs">Shape [steps, channels].</param>
/// <param name="classes">Shape [1] or [steps]; empty where numbers are asked for.</param>
/// <param name="numbers">Shape [outputs] or [steps, outputs]; empty where classes are asked for.</param>
/// <param name="weights">Shape [1] or [steps].</param>
public readonly ref struct Trial(SampleFormat format, Span<float> inputs, Span<int> classes, Span<float> numbers, Span<float> weights)
{
    readonly Span<float> _inputs = inputs;

    /// <summary>Steps of it.</summary>
    public int Steps { get; } = format.Steps;

    /// <summary>The class at each step, or the one that is asked for.</summary>
    public Span<int> Classes { get; } = classes;

    /// <summary>The numbers at each step, or those that are asked for.</summary>
    public Span<float> Numbers { get; } = numbers;

    /// <summary>What each target counts.</summary>
    public Span<float> Weights { get; } = weights;

    /// <summary>The inputs at a step, one for each channel.</summary>
    public Span<float> this[int step] => _inputs.Slice(step * format.Channels, format.Channels);
}
