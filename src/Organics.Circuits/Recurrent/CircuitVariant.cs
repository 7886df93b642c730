namespace Organics;

/// <summary>Where the rectifier stands in the recurrent input of the principal cells.</summary>
public enum RecurrentRectifier
{
    /// <summary>ŷ = Wr⌊y⌋, as in Eq. 87: neurons exchange firing rates.</summary>
    Inside,

    /// <summary>ŷ = ⌊Wr·y⌋.</summary>
    Outside,

    /// <summary>ŷ = Wr·y, and y² for ⌊y⌋² in the normalization.</summary>
    None,
}

/// <summary>Which of the published forms of the recurrent circuit with dynamic gains is meant (docs/theory.md).</summary>
/// <param name="RectifyDrive">Whether z = ⌊Wzx·x⌋; else z = Wzx·x.</param>
/// <param name="Recurrence">Where the rectifier stands in the recurrent input.</param>
/// <param name="ClampW">Whether W = min(exp(log W), 1); else W = exp(log W).</param>
/// <param name="IdentityPlus">Whether the circuit's Wr is I + V/σ₁(V) for the trained matrix V; else the trained matrix itself.</param>
public readonly record struct CircuitVariant(bool RectifyDrive, RecurrentRectifier Recurrence, bool ClampW, bool IdentityPlus)
{
    /// <summary>Eq. 87 and 17 as the paper's results were trained (the authors' code of October 2024).</summary>
    public static CircuitVariant Paper => new(RectifyDrive: false, RecurrentRectifier.Inside, ClampW: false, IdentityPlus: true);

    /// <summary>The authors' later code (March 2025).</summary>
    public static CircuitVariant Authors => new(RectifyDrive: true, RecurrentRectifier.Outside, ClampW: true, IdentityPlus: false);

    /// <summary>The main model, which does not rectify the recurrent input.</summary>
    public static CircuitVariant Unrectified => new(RectifyDrive: true, RecurrentRectifier.None, ClampW: true, IdentityPlus: false);

    static readonly (string Name, CircuitVariant Variant)[] Published = [("paper", Paper), ("authors", Authors), ("unrectified", Unrectified)];

    /// <summary>The published form of a name, paper, authors or unrectified; or a form of one's own as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static CircuitVariant Parse(string name)
    {
        foreach (var (known, variant) in Published)
            if (known == name) return variant;
        foreach (var drive in (bool[])[false, true])
            foreach (var recurrence in Enum.GetValues<RecurrentRectifier>())
                foreach (var clamp in (bool[])[false, true])
                    foreach (var identity in (bool[])[false, true])
                        if (new CircuitVariant(drive, recurrence, clamp, identity) is var own && own.ToString() == name) return own;
        throw new FormatException($"'{name}' is no published form of the circuit; give one of {string.Join(", ", Published.Select(p => p.Name))}.");
    }

    /// <summary>The name that <see cref="Parse"/> reads, or the four choices of a form of one's own.</summary>
    public override string ToString()
    {
        foreach (var (known, variant) in Published)
            if (variant == this) return known;
        return $"rectify_drive={RectifyDrive},recurrence={Recurrence},clamp_w={ClampW},identity_plus={IdentityPlus}";
    }
}
