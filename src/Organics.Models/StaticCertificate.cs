using System.Globalization;

namespace Organics;

/// <summary>
/// What the theorems say of a trained layer for every input at once. Its drives have ‖b⊙z‖ ≤ 1, for z has norm 1 and b is a logistic function; b0, W and Wr do
/// not depend on the input. With identity recurrence Theorems 4.1–4.3 then hold whatever the input and the time constants. Of learned recurrence no theorem
/// speaks: see <see cref="StaticStability"/>. Each channel of a convolutional layer is such a family, with a bound of its own.
/// </summary>
public static class StaticCertificate
{
    /// <summary>The bound of ‖b⊙z‖: 1, and what rounding may add to a norm in float.</summary>
    public const double LargestDrive = 1.0001;

    /// <summary>The key under which a checkpoint's metadata holds the certificate of a layer.</summary>
    /// <param name="layer">From 1.</param>
    public static string Key(int layer) => $"{StabilityCertificate.MetadataKey}.org{layer}";

    /// <summary>The key of the certificate of a channel of a convolutional layer.</summary>
    /// <param name="layer">From 1.</param>
    /// <param name="channel">From 1.</param>
    public static string Key(int layer, int channel) => $"{StabilityCertificate.MetadataKey}.conv{layer}.{channel}";

    /// <summary>Examines a layer's weights; null where they leave the range of circuits, as when W overflows.</summary>
    /// <param name="layer">The layer, in double whatever precision it was trained in.</param>
    /// <param name="sigma">Semisaturation σ.</param>
    public static StabilityCertificate? Of(StaticLayer<double> layer, double sigma) => Silent(layer, sigma) is { } circuit ? StabilityCertificate.OfFamily(circuit, LargestDrive) : null;

    /// <summary>Whether a certificate follows from a layer's weights, all of it: <see cref="StabilityCertificate.IsOf"/>.</summary>
    /// <param name="certificate">As it was stored.</param>
    /// <param name="layer">The layer, in double whatever precision it was trained in.</param>
    /// <param name="sigma">Semisaturation σ.</param>
    public static bool Follows(StabilityCertificate certificate, StaticLayer<double> layer, double sigma)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.LargestDrive == LargestDrive && Silent(layer, sigma) is { } circuit && certificate.IsOf(circuit);
    }

    /// <summary>The layer's circuit without drive, to the last bit the same wherever the layer lies and however wide a processor's vectors are: a certificate
    /// is of one circuit.</summary>
    static Circuit? Silent(StaticLayer<double> layer, double sigma)
    {
        ArgumentNullException.ThrowIfNull(layer);
        var n = layer.Units;
        double[] ones = [.. Enumerable.Repeat(1.0, n)];
        static Tensor<double> Here(Tensor<double> parameter) => parameter.To(Device.Reference);
        var wr = layer.Wr is { } recurrent ? Here(recurrent).SpectralNormalize() : Tensor.Identity<double>(n);
        try
        {
            return new(new double[n], ones, Here(layer.B0).Sigmoid().ToArray(), [.. Enumerable.Repeat(sigma, n)], ones, ones, Here(layer.LogWay).Exp().ToArray(), wr.ToArray());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Examines a channel's weights, for all images of pixels from 0 to 1; null where they leave the range of circuits.</summary>
    /// <param name="layer">The layer, in double whatever precision it was trained in.</param>
    /// <param name="channel">From 0.</param>
    /// <param name="sigma">Semisaturation σ.</param>
    public static StabilityCertificate? Of(ConvolutionLayer<double> layer, int channel, double sigma)
        => Silent(layer, channel, sigma) is var (circuit, drive) ? StabilityCertificate.OfFamily(circuit, drive) : null;

    /// <summary>Whether a certificate follows from a channel's weights, all of it: <see cref="StabilityCertificate.IsOf"/>.</summary>
    /// <param name="certificate">As it was stored.</param>
    /// <param name="layer">The layer, in double whatever precision it was trained in.</param>
    /// <param name="channel">From 0.</param>
    /// <param name="sigma">Semisaturation σ.</param>
    public static bool Follows(StabilityCertificate certificate, ConvolutionLayer<double> layer, int channel, double sigma)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return Silent(layer, channel, sigma) is var (circuit, drive) && certificate.LargestDrive == drive && certificate.IsOf(circuit);
    }

    // To six digits, upwards: the certificate is then of the very number that it is read with.
    static double Outwards(double bound)
    {
        if (!double.IsNormal(bound)) return bound;
        double Rounded(double value) => double.Parse(value.ToString("E5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var nearest = Rounded(bound);
        return nearest >= bound ? nearest : Rounded(nearest + Math.Pow(10, Math.Floor(Math.Log10(bound)) - 5));
    }

    /// <summary>A channel's circuit without drive, and the bound of ‖b⊙z‖: b &lt; 1, and no place's drive is more than the sum of a kernel's positive
    /// weights; to six digits, rounded up.</summary>
    static (Circuit Circuit, double LargestDrive)? Silent(ConvolutionLayer<double> layer, int channel, double sigma)
    {
        ArgumentNullException.ThrowIfNull(layer);
        static double[] Here(Tensor<double> parameter, int channel, Func<Tensor<double>, Tensor<double>>? f = null)
        {
            var own = parameter.To(Device.Reference)[channel];
            return (f?.Invoke(own) ?? own).ToArray();
        }
        var n = layer.Places;
        double[] ones = [.. Enumerable.Repeat(1.0, n)];
        var pool = layer.LogPool is { } log ? Here(log, channel, l => l.Exp()) : null;
        var drive = Outwards(LargestDrive * Math.Sqrt(n) * Here(layer.Input, channel).Sum(weight => Math.Max(weight, 0)));
        if (!double.IsFinite(drive)) return null;
        try
        {
            return (new(new double[n], ones, Here(layer.B0, channel, b => b.Sigmoid()), [.. Enumerable.Repeat(sigma, n)], ones, ones,
                layer.Weights(pool), Tensor.Identity<double>(n).ToArray()), drive);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
