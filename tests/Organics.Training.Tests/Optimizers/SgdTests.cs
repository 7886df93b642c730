using System.Numerics;

namespace Organics.Tests;

public sealed class SgdTests
{
    const double Rate = 0.05;

    // Momentum, weight decay, Nesterov.
    public static TheoryData<double, double, bool> Settings => new()
    {
        { 0, 0, false },
        { 0.9, 0, false },
        { 0, 0.1, false },
        { 0.9, 0.1, false },
        { 0.9, 0, true },
        { 0.7, 0.2, true },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Twenty_updates_in_double_are_those_of_PyTorchs_algorithm(double momentum, double decay, bool nesterov)
        => Agrees<double>(momentum, decay, nesterov, 1e-14);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Twenty_updates_in_float_are_those_of_PyTorchs_algorithm(double momentum, double decay, bool nesterov)
        => Agrees<float>(momentum, decay, nesterov, 2e-6);

    static void Agrees<T>(double momentum, double decay, bool nesterov, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var device in (Device[])[Device.Cpu, Device.Reference])
            OptimizerRun.AgreesWith<T>(p => new Sgd<TensorBag<T>, T>(p, Rate) { Momentum = momentum, WeightDecay = decay, Nesterov = nesterov },
                (k, g, p, s) =>
                {
                    // Line by line as in the documentation of torch.optim.SGD without dampening: the first buffer is the gradient itself.
                    g += decay * p;
                    s[0] = k == 1 ? g : momentum * s[0] + g;
                    if (momentum != 0) g = nesterov ? g + momentum * s[0] : s[0];
                    return p - Rate * g;
                }, tolerance, device);
    }

    // PyTorch 1.13.0: p = torch.tensor([1, -0.5, 0.25, 2], dtype=torch.float64), o = torch.optim.SGD([p], lr=0.05), then for k = 1 … 20
    // p.grad[i] = ((7k + 3i) % 11 − 5)/8 and o.step(); the second with momentum=0.9, weight_decay=0.1, the third also with nesterov=True.
    [Fact]
    public void Literal_numbers_of_PyTorch()
    {
        Check([0.9625, -0.5, 0.2875, 2.00625], p => new(p, Rate));
        Check([0.30033703978366516, -0.39373573011584484, 0.23585065858282617, 1.092994786576987], p => new(p, Rate) { Momentum = 0.9, WeightDecay = 0.1 });
        Check([0.2809417961496033, -0.35189330996780965, 0.24994674788381774, 1.0400828432652731],
            p => new(p, Rate) { Momentum = 0.9, WeightDecay = 0.1, Nesterov = true });

        static void Check(double[] expected, Func<TensorBag<double>, Sgd<TensorBag<double>, double>> create)
        {
            var parameters = OptimizerRun.Parameters<double>(Device.Cpu, [1, -0.5, 0.25, 2]);
            OptimizerRun.Run(create(parameters), parameters);
            Assert.Equal(expected, parameters.Tensors[0].ToArray(), (a, b) => Math.Abs(a - b) < 1e-14);
        }
    }

    [Fact]
    public void The_first_momentum_is_the_gradient()
    {
        var parameters = OptimizerRun.Parameters<double>(Device.Cpu, [3, 3, 3, 3]);
        var sgd = new Sgd<TensorBag<double>, double>(parameters, Rate) { Momentum = 0.9 };
        OptimizerRun.Run(sgd, parameters, steps: 1);
        Assert.Equal(Enumerable.Range(0, 4).Select(i => OptimizerRun.Gradient(1, i)), Assert.Single(sgd.States).Value.Tensors[0].ToArray());
    }
}
