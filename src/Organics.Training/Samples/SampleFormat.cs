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
    public int Width => Steps * Channels;

    /// <summary>Targets of a sample: one, or one for each step.</summary>
    public int Targets => PerStep ? Steps : 1;

    /// <summary>Whether the inputs are the brightness of pixels, of which bytes are kept.</summary>
    public bool IsImage { get; init; }

    /// <summary>In words, such as "60 steps of 2 channels, a class of 2".</summary>
    public override string ToString()
    {
        var inputs = IsImage ? $"images of {Steps}×{Channels}" : Steps == 1 ? Count(Channels, "feature") : $"{Count(Steps, "step")} of {Count(Channels, "channel")}";
        var target = Target == TargetKind.Class ? $"a class of {Outputs}" : Count(Outputs, "number");
        return $"{inputs}, {target}{(PerStep ? " at each step" : "")}";

        static string Count(int n, string what) => n == 1 ? $"1 {what}" : $"{n} {what}s";
    }
}
