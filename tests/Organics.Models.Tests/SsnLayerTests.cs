namespace Organics.Tests;

public sealed class SsnLayerTests
{
    const int Excitatory = 6, Inhibitory = 4, Units = Excitatory + Inhibitory;

    static readonly double[] X = [.. Enumerable.Range(0, 2 * Excitatory).Select(i => 0.5 + 0.4 * Math.Sin(i))];

    /// <summary>The definition, element by element: h = s²(x + θ²)^(p²), and u̇ with τE = 1, τI = ½.</summary>
    static double[] Rate(SsnLayer<double> layer, double[] x, double[] u)
    {
        var (w, e, n) = (layer.Weights.ToArray(), layer.Excitatory, layer.Units);
        double s = layer.Scale.Item(), theta = layer.Threshold.Item(), p = layer.Power.Item();
        var rate = new double[n];
        for (var i = 0; i < n; i++)
        {
            var h = s * s * Math.Pow((i < e ? x[i] : 0) + theta * theta, p * p);
            var recurrent = 0.0;
            for (var j = 0; j < n; j++) recurrent += (j < e ? 1.0 / e : -1.0 / (n - e)) * Math.Abs(w[i * n + j]) * 0.3 * Math.Pow(Math.Max(u[j], 0), 2);
            rate[i] = (h - u[i] + recurrent) / (i < e ? 1 : 0.5);
        }
        return rate;
    }

    [Fact]
    public void It_rests_where_its_equations_come_to_rest()
    {
        var layer = SsnLayer<double>.Create(Excitatory, Inhibitory, new(7, Device.Cpu));
        var state = layer.Settle(Tensor.From<double>(X, [2, Excitatory]));
        Assert.Equal(0, state.NotConverged);
        for (var sample = 0; sample < 2; sample++)
        {
            var (x, u) = (X[(sample * Excitatory)..((sample + 1) * Excitatory)], new double[Units]);
            // Euler's steps from silence, for 100 time constants.
            for (var step = 0; step < 2000; step++) u = [.. u.Zip(Rate(layer, x, u), (v, r) => v + 0.05 * r)];
            var found = state.U.ToArray()[(sample * Units)..((sample + 1) * Units)];
            for (var i = 0; i < Units; i++) Assert.Equal(u[i], found[i], 1e-8);
            Assert.Equal(found[..Excitatory], state.Response.ToArray()[(sample * Excitatory)..((sample + 1) * Excitatory)]);
            // The system that is examined is the same.
            var rate = new double[Units];
            double[] anywhere = [.. Enumerable.Range(0, Units).Select(i => Math.Cos(3 * i))];
            new SsnSystem(state.K.ToArray(), state.H.ToArray()[(sample * Units)..((sample + 1) * Units)], Excitatory).Rate(0, anywhere, rate);
            Assert.All(rate.Zip(Rate(layer, x, anywhere)), r => Assert.Equal(r.Second, r.First, 1e-12));
        }
    }

    /// <summary>Strong weights, of which many networks run away and some rest only after long: the search is not to lose those.</summary>
    [Fact]
    public void It_is_found_where_the_network_comes_to_rest_by_itself()
    {
        const int Networks = 60, Inputs = 4;
        var (resting, lost) = (0, 0);
        for (var seed = 0UL; seed < Networks; seed++)
        {
            var layer = SsnLayer<double>.Create(1, 1, new(seed, Device.Cpu));
            layer = layer with { Weights = layer.Weights * 5 };
            var random = new CounterRandom(seed, 77);
            double[] x = [.. Enumerable.Range(0, Inputs).Select(i => 2 * random.Uniform((ulong)i))];
            var state = layer.Settle(Tensor.From<double>(x, [Inputs, 1]));
            double[] h = state.H.ToArray(), u = state.U.ToArray();
            for (var i = 0; i < Inputs; i++)
            {
                if (!Rests(layer, [x[i]], h[(2 * i)..(2 * i + 2)])) continue;
                resting++;
                if (!Rate(layer, [x[i]], u[(2 * i)..(2 * i + 2)]).All(r => Math.Abs(r) < 1e-6)) lost++;
            }
        }
        Assert.InRange(resting, 100, 200);
        Assert.InRange(lost, 0, resting / 30);

        // From u = h in Euler's steps of τE/50, for 600 τE.
        static bool Rests(SsnLayer<double> layer, double[] x, double[] u)
        {
            for (var step = 0; step < 30_000; step++)
            {
                var rate = Rate(layer, x, u);
                if (!rate.All(r => Math.Abs(r) < 1e8)) return false;
                if (rate.All(r => Math.Abs(r) < 1e-10)) return true;
                u = [.. u.Zip(rate, (v, r) => v + 0.02 * r)];
            }
            return false;
        }
    }

    [Fact]
    public void Its_gradient_agrees_with_central_differences()
    {
        var layer = SsnLayer<double>.Create(Excitatory, Inhibitory, new(3, Device.Cpu));
        Tensor<double>[] inputs = [layer.Weights, layer.Scale, layer.Threshold, layer.Power, Tensor.From<double>(X, [2, Excitatory])];
        GradientCheck.Run(
            t => (layer with { Weights = t[0], Scale = t[1], Threshold = t[2], Power = t[3] }).Settle(t[4]).Response.Square().Sum(), inputs, 1e-4).OrThrow(1e-5);
    }

    [Fact]
    public void A_sample_that_does_not_rest_says_nothing_is_counted_and_leaves_the_gradient_to_the_others()
    {
        // u = h + 0.3·w·u² has a solution while 1.2·w·h ≤ 1: for h = 0.1 and w = 4, not for 0.9.
        var layer = new SsnLayer<double>(Tensor.From<double>([4, 0, 0, 0], [2, 2]), Tensor.Scalar(1.0), Tensor.Scalar(1e-8), Tensor.Scalar(1.0), Excitatory: 1);
        using var tape = new Tape<double>();
        var watched = tape.Watch(layer);
        var state = watched.Settle(tape.Workspace.From([0.1, 0.9], [2, 1]));
        Assert.Equal(1, state.NotConverged);
        var rest = (1 - Math.Sqrt(1 - 1.2 * 4 * 0.1)) / (0.6 * 4);
        Assert.Equal(rest, state.Response.ToArray()[0], 1e-9);
        Assert.Equal(0, state.Response.ToArray()[1]);
        // du/dw = 0.3·u²/(1 − 0.6·w·u)
        var gradient = tape.Backward(state.Response.Sum())[layer.Weights].ToArray();
        Assert.Equal(0.3 * rest * rest / (1 - 0.6 * 4 * rest), gradient[0], 1e-8);
        Assert.All(gradient, g => Assert.True(double.IsFinite(g)));
        // What restrains the other: its excitation at the state u that came nearest to rest, a mean over both samples, of which ∂/∂w is 0.3·u²/2.
        var nearest = state.U.ToArray()[2];
        Assert.Equal([0, 0.9 + 0.3 * 4 * nearest * nearest], state.Restraint!.ToArray(), (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(0.3 * nearest * nearest / 2, tape.Backward(state.Restraint.Mean())[layer.Weights].ToArray()[0], 1e-9);
        Assert.Null(layer.Settle(Tensor.From<double>([0.1], [1, 1])).Restraint);
    }

    /// <summary>One excitatory and one inhibitory neuron that rest at u = (0.6, 0.9) by the choice of their weights: the eigenvalues are those of a 2 × 2
    /// matrix, and their real parts half of its trace.</summary>
    [Theory]
    [InlineData(7, StabilityVerdict.Stable)]
    [InlineData(11, StabilityVerdict.Unstable)]
    public void A_state_that_was_found_may_be_unstable_and_is_then_said_to_be(double wee, StabilityVerdict verdict)
    {
        const double He = 0.9, Hi = 0.54, Ue = 0.6, Ui = 0.9, Wii = 0.6;
        double wei = (He + 0.3 * wee * Ue * Ue - Ue) / (0.3 * Ui * Ui), wie = (Ui - Hi + 0.3 * Wii * Ui * Ui) / (0.3 * Ue * Ue);
        var model = StaticClassifier<double>.Create(4, 2, new SsnLayers(1, 1), seed: 1);
        var layer = (SsnLayer<double>)model.Parameters.Layers[0];
        layer.Weights.Assign([wee, wei, wie, Wii]);
        layer.Scale.Assign([1]);
        layer.Threshold.Assign([Math.Sqrt(Hi)]);
        layer.Power.Assign([1]);
        // The same code whatever the image.
        var last = model.Parameters.Autoencoder!.Encoder[^1];
        last.Weight.Assign(new double[last.Weight.Length]);
        last.Bias.Assign([Math.Log((He - Hi) / (1 - He + Hi))]);
        var images = new ImageSet([.. Enumerable.Range(0, 12).Select(i => (byte)(20 * i))], [0, 1, 0], 2, 2, 2);

        var state = layer.Settle(Tensor.From<double>([He - Hi], [1, 1]));
        Assert.Equal(0, state.NotConverged);
        Assert.All(state.U.ToArray().Zip([Ue, Ui]), u => Assert.Equal(u.Second, u.First, 1e-8));
        var found = StaticStability.Of(model, images, threads: 2);
        Assert.Equal((0, 0), (found.NotConverged, found.Undecided));
        Assert.Equal(verdict == StabilityVerdict.Stable ? 3 : 0, found.StableInputs);
        double ee = 0.6 * wee * Ue - 1, ii = 2 * (-0.6 * Wii * Ui - 1), crossed = 0.6 * wei * Ui * 2 * 0.6 * wie * Ue;
        Assert.True((ee - ii) * (ee - ii) < 4 * crossed);
        Assert.Equal((ee + ii) / 2, found.MaxRealPart, 1e-7);
    }

    [Fact]
    public void A_grown_network_has_the_size_that_was_asked_for_and_the_same_bits_again()
    {
        var digits = Digits();
        var growth = new SsnGrowth(First: 20, Steps: 2, Batch: 16);
        var sizes = new List<SsnLayers>();
        float[] Grown(ulong seed)
            => [.. growth.Grow<float>(new(5, 2), digits, 1e-5, seed, Device.Cpu, update => sizes.Add(update.Size)).Parameters.List()
                .SelectMany(p => p.Value.ToArray())];
        var first = Grown(1);
        Assert.Equal(20 + 2 * 5, sizes.Count);
        Assert.Equal([new(1, 1), new(2, 1), new(3, 1), new(3, 2), new(4, 2), new(5, 2)], sizes.Distinct());
        Assert.Equal(StaticClassifier<float>.Create(9, 3, new SsnLayers(5, 2), 1).Parameters.Count(), first.Length);
        Assert.Equal(first, Grown(1));
        Assert.NotEqual(first, Grown(2));
        Assert.All(first, v => Assert.True(float.IsFinite(v)));
    }

    /// <summary>Without an update in between, and with twins that are equal, the neurons of a network of 2ᵏ neurons of a kind have equal outgoing weights only if
    /// each was split as often.</summary>
    [Fact]
    public void Neurons_take_turns_to_be_split()
    {
        var grown = new SsnGrowth(First: 0, Steps: 0, Spread: 0).Grow<double>(new(8, 4), Digits(), 0, 1, Device.Cpu);
        var (layer, head) = ((SsnLayer<double>)grown.Parameters.Layers[0], grown.Parameters.Head.Weight);
        var w = layer.Weights.ToArray();
        for (var row = 0; row < 12; row++)
            for (var j = 0; j < 12; j++) Assert.Equal(w[12 * row + (j < 8 ? 0 : 8)], w[12 * row + j], 1e-12);
        var read = head.ToArray();
        for (var k = 0; k < read.Length; k++) Assert.Equal(read[k / 8 * 8], read[k], 1e-12);
    }

    /// <summary>Adam's first step is as long as its rate, in every number with a gradient.</summary>
    [Theory]
    [InlineData(1, 0.02)]
    [InlineData(0, 0.005)]
    public void The_first_stages_have_their_own_rate(int fast, double rate)
    {
        var growth = new SsnGrowth(First: 1, Fast: fast, Rate: 0.02, LaterRate: 0.005);
        double[] Numbers(StaticClassifier<double> model) => [.. model.Parameters.List().SelectMany(p => p.Value.ToArray())];
        var before = Numbers((growth with { First = 0 }).Grow<double>(new(1, 1), Digits(), 0, 1, Device.Cpu));
        var after = Numbers(growth.Grow<double>(new(1, 1), Digits(), 0, 1, Device.Cpu));
        Assert.Equal(rate, before.Zip(after, (b, a) => Math.Abs(a - b)).Max(), 1e-3 * rate);
    }

    static ImageSet Digits()
    {
        var random = new CounterRandom(2);
        return new(
            [.. Enumerable.Range(0, 40 * 9).Select(i => (byte)random.Below((ulong)i, 256))], [.. Enumerable.Range(0, 40).Select(i => (byte)(i % 3))], 3, 3, 3);
    }

    [Fact]
    public void A_schedule_is_read_as_it_is_written_and_what_is_none_is_refused()
    {
        var growth = new SsnGrowth(First: 7, Rate: 0.02, Spread: 0.25);
        Assert.Equal(growth, SsnGrowth.Parse($"{growth}"));
        Assert.Equal(new SsnGrowth(Steps: 3), SsnGrowth.Parse("steps=3"));
        foreach (var text in (string[])["steps", "steps=-1", "steps=x", "other=1", "rate=0", "spread=1", "batch=0", "later=NaN"])
            Assert.Contains("first=3000", Assert.Throws<FormatException>(() => SsnGrowth.Parse(text)).Message, StringComparison.Ordinal);
    }
}
