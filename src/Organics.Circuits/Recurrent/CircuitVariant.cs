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

    /// <summary>
    /// Reads a published form by its name, paper, authors or unrectified, and changes of it behind commas, as in paper,recurrence=None; and what
    /// <see cref="ToString"/> writes. The choices are rectify_drive, recurrence, clamp_w and identity_plus.
    /// </summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static CircuitVariant Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(',');
        var at = Array.FindIndex(Published, known => known.Name == parts[0]);
        var (isNamed, variant) = at >= 0 ? (true, Published[at].Variant) : (false, Paper);
        var changes = isNamed ? parts[1..] : parts;
        // What has no name to begin with says all.
        var told = new HashSet<string>();
        foreach (var change in changes)
        {
            if (change.Split('=') is not [var name, var value] || !told.Add(name)) throw Expected();
            bool Truth() => bool.TryParse(value, out var truth) ? truth : throw Expected();
            variant = name switch
            {
                "rectify_drive" => variant with { RectifyDrive = Truth() },
                "recurrence" => variant with
                {
                    Recurrence = Enum.GetValues<RecurrentRectifier>().Cast<RecurrentRectifier?>()
                        .FirstOrDefault(each => string.Equals($"{each}", value, StringComparison.OrdinalIgnoreCase)) ?? throw Expected(),
                },
                "clamp_w" => variant with { ClampW = Truth() },
                "identity_plus" => variant with { IdentityPlus = Truth() },
                _ => throw Expected(),
            };
        }
        return isNamed || told.Count == 4 ? variant : throw Expected();

        FormatException Expected()
        {
            var nearest = Suggestion.Nearest(parts[0], Published.Select(known => known.Name));
            return new($"{string.Join(", ", Published.SkipLast(1).Select(known => known.Name))} or {Published[^1].Name} is expected, or one of them with changes, as in "
                + $"paper,recurrence=None,clamp_w=true{(nearest is null ? "." : $"; did you mean {nearest}?")}");
        }
    }

    /// <summary>The name that <see cref="Parse"/> reads, or the four choices of a form of one's own.</summary>
    public override string ToString()
    {
        foreach (var (known, variant) in Published)
            if (variant == this) return known;
        return $"rectify_drive={RectifyDrive},recurrence={Recurrence},clamp_w={ClampW},identity_plus={IdentityPlus}";
    }
}
