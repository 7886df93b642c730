using System.Numerics;

namespace Organics;

/// <summary>A stack of logistic layers down to a code, and its mirror image back.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Encoder">Layers to the code.</param>
/// <param name="Decoder">Layers from the code.</param>
public sealed record Autoencoder<T>(IReadOnlyList<Linear<T>> Encoder, IReadOnlyList<Linear<T>> Decoder) : IParameters<Autoencoder<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>An autoencoder through the given widths, such as 784, 360, 120, 40, and back.</summary>
    public static Autoencoder<T> Create(ReadOnlySpan<int> widths, Initializer<T> init)
    {
        var n = widths.Length - 1;
        var (encoder, decoder) = (new Linear<T>[n], new Linear<T>[n]);
        for (var i = 0; i < n; i++) encoder[i] = Linear<T>.CreateLogistic(widths[i], widths[i + 1], i == 0 ? 0 : 0.5, init);
        for (var i = 0; i < n; i++) decoder[i] = Linear<T>.CreateLogistic(widths[n - i], widths[n - i - 1], 0.5, init);
        return new(encoder, decoder);
    }

    /// <inheritdoc/>
    public Autoencoder<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
        => new([.. Encoder.Select((l, i) => l.Map((name, t) => f($"encoder.{2 * i}.{name}", t)))],
            [.. Decoder.Select((l, i) => l.Map((name, t) => f($"decoder.{2 * i}.{name}", t)))]);

    /// <summary>Pixels that it takes.</summary>
    public int Inputs => Encoder[0].Weight.Shape[1];

    /// <summary>The code of each image. Shape: [batch, pixels] → [batch, code], in (0, 1).</summary>
    public Tensor<T> Encode(Tensor<T> x) => Encoder.Aggregate(x, (h, layer) => layer.Forward(h).Sigmoid());

    /// <summary>The image of each code. Shape: [batch, code] → [batch, pixels], in (0, 1).</summary>
    public Tensor<T> Decode(Tensor<T> code) => Decoder.Aggregate(code, (h, layer) => layer.Forward(h).Sigmoid());
}
