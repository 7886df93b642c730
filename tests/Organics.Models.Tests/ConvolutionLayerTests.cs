using System.Globalization;

namespace Organics.Tests;

public sealed class ConvolutionLayerTests
{
    const int Height = 3, Width = 4, Places = Height * Width, Channels = 2;

    static readonly Tensor<double> Sigma = Tensor.Scalar(0.75);

    static double[] Eighths(int n, int step) => [.. Enumerable.Range(0, n).Select(i => (i * step % 17 - 8) / 8.0)];

    static Tensor<double> Of(double[] values, params ReadOnlySpan<int> shape) => Tensor.From<double>(values, Shape.Of(shape));

    static readonly Tensor<double> Images = Of([.. Eighths(2 * Places, 7).Select(v => Math.Clamp((v + 1) / 2, 0, 1))], 2, Places);

    static ConvolutionLayer<double> Layer(bool attention, bool neighbours) => new(
        Of(Eighths(18, 5), Channels, 1, 3, 3), attention ? Of(Eighths(18, 11), Channels, 1, 3, 3) : null,
        Of(Eighths(Channels * Places, 3), Channels, Height, Width),
        neighbours ? Of(Eighths(12, 4), Channels, 1, 2, 3) : null);

    /// <summary>The authors' formulas in PyTorch 1.13, in double, without the 1e-8 that they add to the pool.</summary>
    [Theory]
    [InlineData(true, false, 0)]
    [InlineData(false, false, 1)]
    [InlineData(true, true, 2)]
    public void Responses_are_those_of_PyTorch(bool attention, bool neighbours, int golden)
    {
        var response = Layer(attention, neighbours).Settle(Images, Sigma).Response;
        Assert.Equal([2, Channels * Places], response.Shape.ToArray());
        Assert.All(Golden[golden].Zip(response.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
    }

    static readonly double[][] Golden =
    [
        [
            0, 0, 0, 0.02508491072652771, 0, 0.01621238069985336, 0, 0, 0, 0, 0.28830336438294, 0, 0, 0, 0, 0.07613001893069909, 0, 0, 0,
            0.4878505521433892, 0.004414989804764157, 0.03659737185521195, 0, 0.3556309065091752, 0, 0.6903706607888299, 0, 0.008863431831639745, 0, 0,
            0, 0, 0, 0, 0.1529262356416838, 0, 0.03741855737128705, 0, 0, 0.0691456759417402, 0.01427890212965773, 0.01530587486227485, 0,
            0.4437759162474272, 0.004992198563217211, 0.03537372824372861, 0, 0.3325449725544189,
        ],
        [
            0, 0, 0, 0.009585355002601225, 0, 0.01830796249443299, 0, 0, 0, 0, 0.3499634144588346, 0, 0, 0, 0, 0.1401635807461735, 0, 0, 0,
            0.4320381374814729, 0.02531608116999769, 0.1028334738403805, 0, 0.1938751315953754, 0, 0.3072675265883687, 0, 0.00682379967483051, 0, 0, 0,
            0, 0, 0, 0.3190907849178166, 0, 0.05200061859328158, 0, 0, 0.1018040425982315, 0.1690474982299225, 0.007176859268731205, 0,
            0.3182992832981104, 0.01900054912186509, 0.0752941549038471, 0, 0.1459741946490888,
        ],
        [
            0, 0, 0, 0.04220495635526755, 0, 0.01893242260613017, 0, 0, 0, 0, 0.3395701313575756, 0, 0, 0, 0, 0.1373744408838554, 0, 0, 0,
            0.4766161912066634, 0.02779572361175877, 0.2595358078507995, 0, 0.6616332012435407, 0, 1.315253370776001, 0, 0.04001333670242978, 0, 0, 0,
            0, 0, 0, 0.3963645267654695, 0, 0.3260264439431374, 0, 0, 0.13215376785196, 0.06526416606778586, 0.1719653784945192, 0, 0.4674788417922286,
            0.0295030061951459, 0.2273783003342973, 0, 0.654584513081428,
        ],
    ];

    /// <summary>The circuit of a channel, its drive and pool summed place by place.</summary>
    static Circuit Alone(ConvolutionLayer<double> layer, double[] image, int channel, int height, int width, double sigma)
    {
        var n = height * width;
        double[] At(Tensor<double> t) => t[channel].ToArray();
        (int Size, int Above) Extent(Tensor<double> kernels, int axis) => (kernels.Shape[axis], (kernels.Shape[axis] - 1) / 2);

        // The weight of place q as place p reads it through a kernel.
        double Weight(Tensor<double> kernels, double[] own, int p, int q)
        {
            var ((h, above), (w, left)) = (Extent(kernels, 2), Extent(kernels, 3));
            var (u, v) = (q / width - p / width + above, q % width - p % width + left);
            return u >= 0 && u < h && v >= 0 && v < w ? own[u * w + v] : 0;
        }

        double[] Read(Tensor<double> kernels)
        {
            var own = At(kernels);
            return [.. Enumerable.Range(0, n).Select(p => Enumerable.Range(0, n).Sum(q => Weight(kernels, own, p, q) * image[q]))];
        }

        double[] ones = [.. Enumerable.Repeat(1.0, n)], b0 = [.. At(layer.B0).Select(Sigmoid)];
        var pool = layer.LogPool is { } log ? At(log).Select(Math.Exp).ToArray() : null;
        return new(
            [.. Read(layer.Input).Select(z => Math.Max(z, 0))], layer.Attention is { } attention ? [.. Read(attention).Select(Sigmoid)] : b0, b0,
            [.. ones.Select(_ => sigma)], ones, ones,
            [.. Enumerable.Range(0, n * n).Select(k => pool is null ? 1 : Weight(layer.LogPool!, pool, k / n, k % n))],
            [.. Enumerable.Range(0, n * n).Select(k => k % (n + 1) == 0 ? 1.0 : 0)]);
    }

    static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static TheoryData<int, int, int, int, bool, int?> Sizes => new()
    {
        { 3, 4, 2, 3, true, null }, { 3, 4, 2, 3, true, 3 }, { 4, 2, 1, 1, true, 1 }, { 2, 5, 3, 4, false, 2 }, { 3, 3, 1, 7, true, 9 },
        { 1, 6, 2, 5, false, null },
        { 1, 1, 1, 1, true, null },
    };

    static (ConvolutionLayer<double> Layer, double[] Images) Draw(int height, int width, int channels, int kernel, bool attention, int? pool, int count = 3)
    {
        var layer = ConvolutionLayer<double>.Create(new(height, width, channels, kernel, attention, pool, Sigma: 0.5), new(9, Device.Cpu));
        // Away from the initial values, which are the same everywhere.
        foreach (var (name, tensor) in layer.List())
            if (name is "b0" or "log_pool") tensor.Assign([.. Enumerable.Range(0, tensor.Length).Select(i => Math.Sin(1 + 3 * i))]);
        return (layer, [.. Enumerable.Range(0, count * height * width).Select(i => 0.5 + 0.5 * Math.Cos(2 * i * i))]);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Each_channel_is_where_its_circuit_comes_to_rest(int height, int width, int channels, int kernel, bool attention, int? pool)
    {
        var (n, sigma) = (height * width, 0.5);
        var (layer, images) = Draw(height, width, channels, kernel, attention, pool);
        var state = layer.Settle(Of(images, 3, n), Tensor.Scalar(sigma));
        var (response, y, a) = (state.Response.ToArray(), state.Y.ToArray(), state.A.ToArray());
        for (var image = 0; image < 3; image++)
            for (var channel = 0; channel < channels; channel++)
            {
                var circuit = Alone(layer, images[(image * n)..((image + 1) * n)], channel, height, width, sigma);
                double[] start = [.. Enumerable.Repeat(0.1, 2 * n)];
                var rest = Ode.Integrate(
                    new CircuitSystem(circuit), RungeKutta.DormandPrince, start, 0, 200,
                    new() { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-12 }).EndState;
                for (var place = 0; place < n; place++)
                {
                    var at = (image * channels + channel) * n + place;
                    // Where the whole channel is a pool a is one number for each of its places all the same.
                    Assert.Equal(rest[place], y[at], 1e-8);
                    Assert.Equal(rest[n + place], a[at], 1e-8 * a[at]);
                    Assert.Equal(rest[place] * rest[place], response[at], 1e-8);
                }
            }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Its_gradient_agrees_with_central_differences(int height, int width, int channels, int kernel, bool attention, int? pool)
    {
        var (layer, images) = Draw(height, width, channels, kernel, attention, pool);
        var (names, x) = (layer.List(), Of(images, 3, height * width));
        GradientCheck.Run(t =>
        {
            var by = names.Select((p, i) => (p.Key, Tensor: t[i])).ToDictionary(p => p.Key, p => p.Tensor);
            return layer.Map((name, _) => by[name]).Settle(t[^1], Tensor.Scalar(0.5)).Response;
        }, [.. names.Select(p => p.Value), x]).OrThrow(1e-6);
    }

    [Fact]
    public void An_image_without_light_has_no_response_and_finite_gradients()
    {
        var model = StaticClassifier<float>.Create(6, 2, new ConvolutionLayers(2, 3, 2, 3, Attention: true, Pool: 3, Sigma: 1), seed: 1);
        using var tape = new Tape<float>();
        var watched = model.Parameters.Map((_, t) => tape.Watch(t));
        var batch = SampleBatch<float>.Of(new(2, 3, TargetKind.Class, PerStep: false, 2), new float[6], [1]);
        var evaluated = model.Evaluate(watched, tape.Constant(new float[6], [1, 6]), batch);
        Assert.Equal((0L, MathF.Log(2)), (evaluated.NotConverged, evaluated.Loss.Item()));
        var gradients = tape.Backward(evaluated.Loss);
        foreach (var (_, tensor) in model.Parameters.List()) Assert.All(gradients[tensor].ToArray(), g => Assert.True(float.IsFinite(g)));
    }

    /// <summary>Here (b0·σ)² is less than any number of the type, so that 0/0 is what a dark place would have.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    public void A_dark_place_responds_0_however_small_its_gain_and_what_is_not_finite_is_counted(int? pool, bool attention)
    {
        var initial = ConvolutionLayer<float>.Create(new(2, 3, 2, 3, attention, pool, Sigma: 1), new(4, Device.Cpu));
        // sigmoid(−57) = 1.7e-25.
        var layer = initial with { B0 = Tensor.Full<float>([2, 2, 3], -57) };
        // The second image has light, if at one place.
        float[] pixels = [.. new float[6], 0, 0, 1, 0, 0, 0];
        using var tape = new Tape<float>();
        var (watched, images) = (layer.Map((_, t) => tape.Watch(t)), tape.Watch(Tensor.From<float>(pixels, [2, 6])));
        var sigma = tape.Watch(Tensor.Scalar(1f));
        var state = watched.Settle(images, sigma);
        Assert.Equal(0, state.NotConverged);
        Assert.All(state.Response.ToArray()[..12], r => Assert.Equal(0, r));
        Assert.All(state.Response.ToArray(), r => Assert.True(float.IsFinite(r)));
        Assert.All(state.Y.ToArray(), y => Assert.True(float.IsFinite(y)));
        // As large as a loss would never have it.
        var gradients = tape.Backward((state.Response * 1e6f).Sum());
        foreach (var tensor in watched.List().Select(p => p.Value).Append(images).Append(sigma))
            Assert.All(gradients[tensor].ToArray(), g => Assert.True(float.IsFinite(g)));

        pixels[2] = float.PositiveInfinity;
        Assert.Equal(1, layer.Settle(Tensor.From<float>(pixels, [2, 6]), Tensor.Scalar(1f)).NotConverged);
        pixels[8] = float.NaN;
        Assert.Equal(2, layer.Settle(Tensor.From<float>(pixels, [2, 6]), Tensor.Scalar(1f)).NotConverged);
    }

    [Fact]
    public void It_has_no_autoencoder_and_an_image_of_another_size_is_refused()
    {
        ConvolutionLayers layers = new(3, 4, 2, 3, Attention: true, Pool: 5, Sigma: 1);
        var model = StaticClassifier<double>.Create(12, 3, layers, seed: 2);
        Assert.Null(model.Parameters.Autoencoder);
        Assert.Equal(2 * 2 * 9 + 2 * 12 + 2 * 25 + 3 * 24 + 3, model.Parameters.Count());
        Assert.Contains("3×4", Assert.Throws<ArgumentException>(() => StaticClassifier<double>.Create(13, 3, layers, seed: 2)).Message);
        Assert.Contains("0 channels", Assert.Throws<ArgumentOutOfRangeException>(() => new ConvolutionLayers(3, 4, 0, 3, true, null, 1)).Message);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void The_largest_real_part_is_that_of_the_circuits_Jacobians(int height, int width, int channels, int kernel, bool attention, int? pool)
    {
        const int Count = 6;
        var (layer, _) = Draw(height, width, channels, kernel, attention, pool);
        var (n, sigma) = (height * width, 0.5);
        var model = new StaticClassifier<double>(new(null, [layer], new(Tensor.Zeros<double>([2, channels * n]), Tensor.Zeros<double>([2]))), sigma);
        byte[] pixels = [.. Enumerable.Range(0, Count * n).Select(i => (byte)(i * i * 37 % 256))];
        var found = StaticStability.Of(model, new ImageSet(pixels, [0, 1, 0, 1, 0, 1], height, width, 2), threads: 2, spectra: Count);
        var largest = Enumerable.Range(0, Count * channels).Max(k => StabilityReport.Of(
            Alone(layer, [.. pixels[(k / channels * n)..((k / channels + 1) * n)].Select(p => p / 255.0)], k % channels, height, width, sigma)).MaxRealPart);
        Assert.Equal(largest, found.MaxRealPart, 1e-7);
        Assert.Equal((Count, 0, Count), (found.StableInputs, found.NotConverged, found.Layers[0].Spectra.Count));
        Assert.True(found.MaxResidual < 1e-13);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public void A_certificate_holds_for_every_image(int? pool)
    {
        var (layer, images) = Draw(4, 5, 2, 3, attention: true, pool, count: 40);
        var (sigma, n) = (0.5, 20);
        for (var channel = 0; channel < 2; channel++)
        {
            var certificate = StaticCertificate.Of(layer, channel, sigma);
            Assert.NotNull(certificate);
            // What place p reads of place q, and not the other way round.
            var own = layer.LogPool is { } log ? log[channel].ToArray().Select(Math.Exp).ToArray() : null;
            Assert.Equal(Alone(layer, images[..n], channel, 4, 5, sigma).W.ToArray(), layer.Weights(own));
            Assert.Equal(StabilityTheorem.IdentityRecurrence, certificate.Theorem);
            Assert.True(StaticCertificate.Follows(certificate, layer, channel, sigma));
            // In six digits, and not a unit of the sixth above what the weights allow.
            var drive = certificate.LargestDrive!.Value;
            var exact = StaticCertificate.LargestDrive * Math.Sqrt(n) * layer.Input[channel].ToArray().Sum(weight => Math.Max(weight, 0));
            Assert.InRange(drive, exact, exact * (1 + 1e-5));
            Assert.Equal(drive, double.Parse(drive.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
            Assert.False(StaticCertificate.Follows(certificate, layer, 1 - channel, sigma));
            Assert.False(StaticCertificate.Follows(certificate, layer, channel, 0.6));
            for (var image = 0; image < 41; image++)
            {
                // The last is as bright as can be.
                var circuit = Alone(layer, image == 40 ? [.. Enumerable.Repeat(1.0, n)] : images[(image * n)..((image + 1) * n)], channel, 4, 5, sigma);
                Assert.True(circuit.Drive.ToArray().Sum(g => g * g) <= certificate.LargestDrive * certificate.LargestDrive);
                Assert.True(StabilityCertificate.Of(circuit).Margin >= certificate.Margin);
            }
        }
    }
}
