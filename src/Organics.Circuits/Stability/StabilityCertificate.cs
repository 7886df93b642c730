using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Organics;

/// <summary>The theorem that a certificate rests on.</summary>
public enum StabilityTheorem
{
    /// <summary>None applies; the circuit may be stable all the same.</summary>
    None,

    /// <summary>Theorems 4.1–4.3: identity recurrence, any size, any parameters.</summary>
    IdentityRecurrence,

    /// <summary>Theorem 5.1: one pair with 0 &lt; wr ≤ 1.</summary>
    SinglePairContractive,

    /// <summary>Theorem 5.2: one pair with wr &gt; 1, at the fixed point where y has the sign of z.</summary>
    SinglePairExpansive,
}

/// <summary>One hypothesis of a theorem.</summary>
/// <param name="Statement">What must hold.</param>
/// <param name="Holds">Whether it holds for these very numbers, rounding errors included.</param>
/// <param name="Margin">A lower bound of how far it is from failing, in its own unit; infinite where it is a matter of form.</param>
public sealed record StabilityHypothesis(string Statement, bool Holds, double Margin);

/// <summary>
/// Why a circuit is stable: the theorem, its hypotheses checked on the circuit's own numbers (comparisons by interval arithmetic with outward rounding), and a
/// margin; or that no theorem applies. It can be stored as text beside the parameters and checked again.
/// </summary>
/// <param name="Theorem">The theorem; None where the circuit is not certified.</param>
/// <param name="Hypotheses">Those of the theorem, or of the one that comes nearest.</param>
/// <param name="Margin">
/// A lower bound: for identity recurrence of 1 − ρ(M⁻¹N), by min c_i/a_i; for one pair of wr(√a − θ), the rate of the principal neuron in units of 1/τ_y. 0
/// where not certified.
/// </param>
/// <param name="Conclusion">What follows, in one sentence.</param>
/// <param name="Circuit">SHA-256 of the circuit's <see cref="CircuitFile.ToJson"/>, in hexadecimal.</param>
/// <param name="LargestDrive">Null for one circuit; for a family, the bound of ‖b⊙z‖ up to which the certificate holds for every drive: see
/// <see cref="OfFamily"/>.</param>
/// <param name="Attraction">Of a family with identity recurrence, from how far its circuits come back to their fixed points; null for one circuit, of which
/// <see cref="GlobalStability"/> and <see cref="CertifiedBasin"/> know more, and in certificates of before.</param>
public sealed record StabilityCertificate(
    StabilityTheorem Theorem, IReadOnlyList<StabilityHypothesis> Hypotheses, double Margin, string Conclusion, string Circuit, double? LargestDrive = null,
    FamilyAttraction? Attraction = null)
{
    /// <summary>The key under which a checkpoint's metadata holds a certificate.</summary>
    public const string MetadataKey = "stability_certificate";

    /// <summary>Whether a theorem applies.</summary>
    public bool IsCertified => Theorem != StabilityTheorem.None;

    /// <summary>Examines a circuit.</summary>
    public static StabilityCertificate Of(Circuit circuit)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (circuit.IsIdentityRecurrence) return Identity(circuit, null);
        if (circuit.N == 1 && circuit.Wr[0] > 0) return SinglePair(circuit);
        return NotCertified(circuit,
            [IsIdentity(circuit), new("there is one pair, with wr > 0 (Theorems 5.1, 5.2)", false, circuit.N == 1 ? circuit.Wr[0] : 1 - circuit.N)],
            $"Not certified: {NoTheorem}");
    }

    /// <summary>
    /// Examines all circuits that have b0, σ, W and Wr of this one, any drive with ‖b⊙z‖ up to a bound, and any positive time constants, as a layer gives rise
    /// to for its inputs. Theorems 4.1–4.3 alone speak of such a family.
    /// </summary>
    /// <param name="circuit">One of them.</param>
    /// <param name="largestDrive">The bound, not negative.</param>
    public static StabilityCertificate OfFamily(Circuit circuit, double largestDrive)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (!IsDrive(largestDrive))
            throw new ArgumentOutOfRangeException(nameof(largestDrive), $"The largest drive is {largestDrive}; give a finite number of 0 or more.");
        return circuit.IsIdentityRecurrence ? Identity(circuit, largestDrive)
            : NotCertified(circuit, [IsIdentity(circuit)],
                $"Not certified: c > 0 and W ≥ 0 hold, so that I − W·D(y²) is a nonsingular M-matrix at every fixed point, but {NoTheorem}") with
            { LargestDrive = largestDrive };
    }

    static bool IsDrive(double largest) => largest >= 0 && double.IsFinite(largest);

    const string NoTheorem =
        "no theorem covers this recurrence (that a largest singular value of 1 suffices is a conjecture, and false as worded); "
        + "the eigenvalues at a fixed point decide about that point alone.";

    static StabilityHypothesis IsIdentity(Circuit circuit) => new("Wr is the identity (Theorems 4.1–4.3)", false, -Departure(circuit));

    /// <summary>
    /// Whether the circuit, examined anew, gives this very certificate, or this very lack of one: theorem, hypotheses, margins, conclusion and hash. They are
    /// the same to the last bit on every machine.
    /// </summary>
    public bool IsOf(Circuit circuit)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (LargestDrive is { } drive && !IsDrive(drive)) return false;
        var again = LargestDrive is { } largest ? OfFamily(circuit, largest) : Of(circuit);
        // A certificate of before says nothing of attraction, and what it says is no less true.
        return again with { Hypotheses = Hypotheses, Attraction = Attraction is null ? null : again.Attraction } == this
            && again.Hypotheses.SequenceEqual(Hypotheses);
    }

    /// <summary>Whether the certificate is this circuit's, and its hypotheses hold when they are checked anew.</summary>
    public bool Verify(Circuit circuit) => IsCertified && IsOf(circuit);

    /// <summary>The certificate as text, for a checkpoint's metadata.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("theorem", Theorem.ToString());
            writer.WriteStartArray("hypotheses");
            foreach (var h in Hypotheses)
            {
                writer.WriteStartObject();
                writer.WriteString("statement", h.Statement);
                writer.WriteBoolean("holds", h.Holds);
                if (double.IsFinite(h.Margin)) writer.WriteNumber("margin", h.Margin);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteNumber("margin", Margin);
            writer.WriteString("conclusion", Conclusion);
            writer.WriteString("circuit_sha256", Circuit);
            if (LargestDrive is { } largest) writer.WriteNumber("largest_drive", largest);
            if (Attraction is { } attraction)
            {
                writer.WriteStartObject("attraction");
                writer.WriteBoolean("global", attraction.IsGlobal);
                if (double.IsFinite(attraction.Margin)) writer.WriteNumber("margin", attraction.Margin);
                writer.WriteNumber("factor", attraction.Factor);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote, and nothing else: no key may be missing, unknown or there twice.</summary>
    /// <exception cref="InvalidDataException">The text is no certificate: the message names the key and what was expected.</exception>
    public static StabilityCertificate Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json), new() { AllowDuplicateProperties = false });
            var root = document.RootElement;
            CheckKeys(root, ["theorem", "hypotheses", "margin", "conclusion", "circuit_sha256"], "largest_drive", "attraction");
            var theorem = Text(root, "theorem");
            // By name: Enum.Parse would take numbers, too.
            if (!Enum.GetNames<StabilityTheorem>().Contains(theorem))
                throw Invalid($"\"theorem\" is none of {string.Join(", ", Enum.GetNames<StabilityTheorem>())}");
            var hypotheses = root.GetProperty("hypotheses");
            if (hypotheses.ValueKind != JsonValueKind.Array) throw Invalid("\"hypotheses\" is no list");
            double? drive = root.TryGetProperty("largest_drive", out _) ? Number(root, "largest_drive") : null;
            if (drive is { } largest && !IsDrive(largest)) throw Invalid("\"largest_drive\" is below 0");
            return new(
                Enum.Parse<StabilityTheorem>(theorem), [.. hypotheses.EnumerateArray().Select(Hypothesis)], Number(root, "margin"), Text(root, "conclusion"),
                Text(root, "circuit_sha256"), drive, root.TryGetProperty("attraction", out var attraction) ? AttractionOf(attraction) : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid("it is not JSON of Unicode text without doubled keys", e);
        }
    }

    static StabilityHypothesis Hypothesis(JsonElement hypothesis)
    {
        CheckKeys(hypothesis, ["statement", "holds"], "margin");
        return new(Text(hypothesis, "statement"), Truth(hypothesis, "holds"), MarginOf(hypothesis));
    }

    static FamilyAttraction AttractionOf(JsonElement attraction)
    {
        CheckKeys(attraction, ["global", "factor"], "margin");
        return new(Truth(attraction, "global"), MarginOf(attraction), Number(attraction, "factor"));
    }

    static double MarginOf(JsonElement element) => element.TryGetProperty("margin", out _) ? Number(element, "margin") : double.PositiveInfinity;

    static bool Truth(JsonElement element, string key)
        => element.GetProperty(key).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Invalid($"\"{key}\" is neither true nor false"),
        };

    static void CheckKeys(JsonElement element, string[] required, params string[] optional)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Invalid("an object was expected");
        foreach (var key in required)
            if (!element.TryGetProperty(key, out _)) throw Invalid($"\"{key}\" is missing");
        if (element.EnumerateObject().Count(p => !optional.Contains(p.Name)) > required.Length)
            throw Invalid($"there is a key beside {string.Join(", ", required)} and {string.Join(", ", optional)}");
    }

    static string Text(JsonElement element, string key)
        => element.GetProperty(key) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw Invalid($"\"{key}\" is no text");

    static double Number(JsonElement element, string key)
        => element.GetProperty(key) is { ValueKind: JsonValueKind.Number } number && double.IsFinite(number.GetDouble())
            ? number.GetDouble() : throw Invalid($"\"{key}\" is no finite number");

    static InvalidDataException Invalid(string what, Exception? inner = null)
        => new($"The text is no stability certificate: {what}; make one with StabilityCertificate.Of(circuit).ToJson().", inner);

    static StabilityCertificate Identity(Circuit circuit, double? largestDrive)
    {
        var (n, margin) = (circuit.N, double.PositiveInfinity);
        for (var i = 0; i < n; i++)
        {
            var c = PoolBounds.SemiSaturation(circuit, i);
            margin = Math.Min(margin, (c / (c + Pool(circuit.W.Slice(i * n, n)))).Low);
        }
        StabilityHypothesis[] hypotheses =
        [
            new("Wr is the identity", true, double.PositiveInfinity),
            new("no entry of W is negative", true, circuit.W.ToArray().Min()),
            largestDrive is null
                ? new("b, b0, σ, τ_y and τ_a are positive", true, Least(circuit.B, circuit.B0, circuit.Sigma, circuit.TauY, circuit.TauA))
                : new("b0 and σ are positive", true, Least(circuit.B0.ToArray(), circuit.Sigma.ToArray())),
            // No number where the pool overflows.
            new("ρ(M⁻¹N) ≤ max (1 − c/a) < 1", margin > 0, margin > 0 ? margin : 0),
        ];
        var certificate = margin > 0
            ? new(StabilityTheorem.IdentityRecurrence, hypotheses, margin,
                $"{(largestDrive is { } d ? FormattableString.Invariant($"For every drive with ‖b⊙z‖ ≤ {d:R} and all time constants, the") : "The")} "
                + "fixed point is unique, and every eigenvalue of its Jacobian has a negative real part (Theorems 4.1–4.3).", Hash(circuit))
            : NotCertified(
                circuit, hypotheses, "Not certified: (b0·σ)² is lost to rounding beside the normalization pool; scale the parameters nearer to one another.");
        return certificate with
        {
            LargestDrive = largestDrive,
            Attraction = largestDrive is { } bound && certificate.IsCertified ? FamilyAttraction.Of(circuit, bound) : null,
        };

        // Of a bounded drive, Σ w_j g_j² is largest where all of it meets the largest weight.
        Interval Pool(ReadOnlySpan<double> w)
        {
            if (largestDrive is { } largest) return w.ToArray().Max() * ((Interval)largest * largest);
            Interval pool = 0.0;
            for (var j = 0; j < n; j++)
            {
                var g = (Interval)circuit.B[j] * circuit.Z[j];
                pool += w[j] * (g * g);
            }
            return pool;
        }
    }

    static StabilityCertificate SinglePair(Circuit circuit)
    {
        var (wr, w) = (circuit.Wr[0], circuit.W[0]);
        var c = PoolBounds.SemiSaturation(circuit, 0);
        if (wr <= 1)
        {
            // wr(√a − θ) = 1 − wr + wr√a, and a > c.
            var rate = ((Interval)1 - wr + wr * Interval.Sqrt(c)).Low;
            return new(StabilityTheorem.SinglePairContractive,
                [new("there is one pair", true, double.PositiveInfinity), new("wr > 0", true, wr), new("wr ≤ 1", true, 1 - wr)],
                Math.Max(rate, 0), "The fixed point is unique, and both eigenvalues of its Jacobian have negative real parts (Theorem 5.1).", Hash(circuit));
        }
        var theta = (Interval)1 - (Interval)1 / wr;
        var above = (Interval.Sqrt(c) - theta).Low;
        StabilityHypothesis[] hypotheses =
        [
            new("there is one pair", true, double.PositiveInfinity), new("wr > 1", true, wr - 1),
            new("z ≠ 0 and w > 0, or b0·σ > θ = 1 − 1/wr", (circuit.Z[0] != 0 && w > 0) || above > 0, Math.Max(Math.Min(Math.Abs(circuit.Z[0]), w), above)),
        ];
        if (!hypotheses[2].Holds)
            return NotCertified(circuit, hypotheses, "Not certified: without drive and with b0·σ at or below θ the branch of Theorem 5.2 does not exist.");
        // The main root of (s²−c)(s−θ)² = (w g²/wr²)s² lies above max(θ, √c); bisection keeps the left side, proven, smaller.
        var g = (Interval)circuit.B[0] * circuit.Z[0];
        var k = w * (g * g) / ((Interval)wr * wr);
        bool Below(double s)
        {
            Interval at = s;
            var d = at - theta;
            return ((at * at - c) * (d * d) - k * (at * at)).High < 0;
        }
        // The upper ends may lie above the root, which without drive is √c itself: they too serve only once they are proven to lie below it.
        var root = Interval.Sqrt(c);
        var (low, upper) = (Math.Max(theta.Low, root.Low), Math.Max(theta.High, root.High));
        if (Below(upper)) low = upper;
        var high = Math.BitIncrement(low + 1);
        while (Below(high)) high = low + 2 * (high - low);
        while (high > Math.BitIncrement(low))
        {
            var middle = low + (high - low) / 2;
            if (Below(middle)) low = middle;
            else high = middle;
        }
        return new(StabilityTheorem.SinglePairExpansive, hypotheses, Math.Max(0, (wr * ((Interval)low - theta)).Low),
            $"Exactly one fixed point has y of the sign of z and √a > θ, and both eigenvalues of its Jacobian have negative real parts "
            + $"(Theorem 5.2){(above >= 0 ? "; there is no other" : "; others may exist")}.", Hash(circuit));
    }

    static StabilityCertificate NotCertified(Circuit circuit, StabilityHypothesis[] hypotheses, string why)
        => new(StabilityTheorem.None, hypotheses, 0, why, Hash(circuit));

    static double Departure(Circuit circuit)
    {
        double largest = 0;
        for (var i = 0; i < circuit.N; i++)
            for (var j = 0; j < circuit.N; j++) largest = Math.Max(largest, Math.Abs(circuit.Wr[i * circuit.N + j] - (i == j ? 1 : 0)));
        return largest;
    }

    static double Least(params ReadOnlySpan<double[]> lists)
    {
        var least = double.PositiveInfinity;
        foreach (var list in lists) least = Math.Min(least, list.Min());
        return least;
    }

    static double Least(ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<double> c, ReadOnlySpan<double> d, ReadOnlySpan<double> e)
        => Least(a.ToArray(), b.ToArray(), c.ToArray(), d.ToArray(), e.ToArray());

    static string Hash(Circuit circuit) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CircuitFile.ToJson(circuit))));

    /// <summary>The conclusion and the margin, for people.</summary>
    public override string ToString()
        => IsCertified
            ? string.Create(CultureInfo.InvariantCulture, $"{Conclusion} Margin {Margin:G3}.{Attraction switch
            {
                { IsGlobal: true } => " With its time constants it attracts every start: globally stable.",
                { Factor: > 1.000001 } a =>
                    " With its time constants a start whose y and a are each within a factor "
                    + $"{Math.Floor(Math.BitDecrement(a.Factor * 1e6)) / 1e6:R} of it, units without drive being silent, returns.",
                _ => "",
            }}")
            : Conclusion;
}
