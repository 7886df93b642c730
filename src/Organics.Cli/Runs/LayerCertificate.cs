namespace Organics;

/// <summary>What is certified of a layer, for all inputs.</summary>
/// <param name="Layer">From 1.</param>
/// <param name="Channel">From 1; of a convolutional layer.</param>
/// <param name="Certificate">Null where the weights make no circuit.</param>
/// <param name="Stored">Whether the checkpoint holds it.</param>
sealed record LayerCertificate(int Layer, int? Channel, StabilityCertificate? Certificate, bool Stored)
{
    /// <summary>The layer's number, and the channel's.</summary>
    public string Where => Channel is null ? $"{Layer}" : $"{Layer}, channel {Channel}";

    /// <summary>In words.</summary>
    public override string ToString()
        => $"Layer {Where}{(Certificate is { IsCertified: true } ? ", certified" : "")}: "
            + $"{Certificate?.ToString() ?? "Not certified: its weights make no circuit."}"
            + $"{(Stored ? " The checkpoint holds this, and it follows from the weights." : "")}";
}

/// <summary>The same for a program; with identity recurrence also what is known of attraction for all inputs at once (<see cref="FamilyAttraction"/>), at how
/// many test inputs the fixed point attracts every start, and the least and median factor of the certified basins that were looked for.</summary>
/// <param name="Layer">From 1.</param>
/// <param name="Channel">From 1; of a convolutional layer.</param>
/// <param name="Certified">Whether a theorem says that the layer is stable at every input.</param>
/// <param name="Theorem">Its name, or None.</param>
/// <param name="Margin">The least by which a hypothesis holds.</param>
/// <param name="Conclusion">What follows, in words.</param>
/// <param name="Stored">Whether the checkpoint holds the certificate, and it follows from the weights.</param>
/// <param name="GlobalForAllInputs">Whether the fixed point attracts every start at every input; for identity recurrence.</param>
/// <param name="FactorForAllInputs">Within which factor of the fixed point it attracts at every input; for identity recurrence.</param>
/// <param name="GlobalInputs">At how many test inputs the fixed point attracts every start.</param>
/// <param name="LeastBasinFactor">The least factor of a certified basin.</param>
/// <param name="MedianBasinFactor">The median factor.</param>
sealed record LayerCertificateReport(
    int Layer, int? Channel, bool Certified, string Theorem, double Margin, string Conclusion, bool Stored,
    bool? GlobalForAllInputs = null, double? FactorForAllInputs = null,
    int? GlobalInputs = null, double? LeastBasinFactor = null, double? MedianBasinFactor = null)
{
    public static LayerCertificateReport Of(LayerCertificate c, LayerStability stability) => new(
        c.Layer, c.Channel, c.Certificate is { IsCertified: true }, (c.Certificate?.Theorem ?? StabilityTheorem.None).ToString(), c.Certificate?.Margin ?? 0,
        $"{c.Certificate?.Conclusion}", c.Stored,
        c.Certificate?.Attraction?.IsGlobal, c.Certificate?.Attraction?.Factor, stability.Global,
        stability.BasinFactors is [var least, ..] ? least : null, stability.BasinFactors is [_, ..] factors ? factors[factors.Count / 2] : null);
}
