namespace Organics;

/// <summary>What a model is asked for.</summary>
public enum TargetKind
{
    /// <summary>One of some classes.</summary>
    Class,

    /// <summary>Numbers.</summary>
    Numbers,
}

/// <summary>What each sample of a set is like, and what a model expects.</summary>
/// <param name="Steps">Steps of the longest sequence; rows of an image; 1 where there is no order.</param>
/// <param name="Channels">Numbers at each step; columns of an image; features.</param>
/// <param name="Target">What is asked for.</param>
/// <param name="PerStep">Whether it is asked for at each step, or once.</param>
/// <param name="Outputs">Classes to tell apart, or numbers to give.</param>
public sealed record SampleFormat(int Steps, int Channels, TargetKind Target, bool PerStep, int Outputs)
{
    /// <summary>Numbers of a sample's inputs, steps × channels, step by step.</summary>
    /// <exception cref="InvalidDataException">They are more than an array holds.</exception>
    public int Width => (long)Steps * Channels is var width && width <= Array.MaxLength ? (int)width
        : throw new InvalidDataException($"A sample of {Steps} steps of {Channels} channels has more numbers than an array holds; give shorter ones.");

    /// <summary>Targets of a sample: one, or one for each step.</summary>
    public int Targets => PerStep ? Steps : 1;

    /// <summary>Whether the inputs are the brightness of pixels, of which bytes are kept.</summary>
    public bool IsImage { get; init; }

    /// <summary>In words, such as "60 steps of 2 channels, a class of 2".</summary>
    public override string ToString()
        => $"{InputsText}, {(Target == TargetKind.Class ? $"a class of {Outputs}" : Text(Outputs, "number"))}{(PerStep ? " at each step" : "")}";

    /// <summary>The inputs alone, in words.</summary>
    internal string InputsText
        => IsImage ? $"images of {Steps}×{Channels}" : Steps == 1 ? Text(Channels, "feature") : $"{Text(Steps, "step")} of {Text(Channels, "channel")}";

    static string Text(int n, string what) => n == 1 ? $"1 {what}" : $"{n} {what}s";
}
