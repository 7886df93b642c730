using System.Numerics;

namespace Organics.Tests;

public sealed class AdamTests
{
    const double Rate = 0.01;

    // Beta1, beta2, epsilon, weight decay, decoupled; an epsilon of 0.1 shows where it is added.
    public static TheoryData<double, double, double, double, bool> Settings => new()
    {
        { 0.9, 0.999, 1e-8, 0, false },
        { 0.8, 0.95, 0.1, 0, false },
        { 0.9, 0.999, 1e-8, 0.1, false },
        { 0.9, 0.999, 1e-8, 0.1, true },
        { 0.8, 0.95, 1e-3, 0.3, true },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Twenty_updates_in_double_are_those_of_the_published_algorithm(double beta1, double beta2, double epsilon, double decay, bool decoupled)
        => Agrees<double>(beta1, beta2, epsilon, decay, decoupled, 1e-14);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Twenty_updates_in_float_are_those_of_the_published_algorithm(double beta1, double beta2, double epsilon, double decay, bool decoupled)
        => Agrees<float>(beta1, beta2, epsilon, decay, decoupled, 2e-6);

    static void Agrees<T>(double beta1, double beta2, double epsilon, double decay, bool decoupled, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var device in (Device[])[Device.Cpu, Device.Reference])
            OptimizerRun.AgreesWith<T>(p => new Adam<TensorBag<T>, T>(p, Rate) { Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon, WeightDecay = decay, DecoupledDecay = decoupled },
                (k, g, p, s) =>
                {
                    // Line by line as in the documentation of torch.optim.Adam and AdamW.
                    if (decoupled) p -= Rate * decay * p;
                    else g += decay * p;
                    s[0] = beta1 * s[0] + (1 - beta1) * g;
                    s[1] = beta2 * s[1] + (1 - beta2) * g * g;
                    var (m, v) = (s[0] / (1 - Math.Pow(beta1, k)), s[1] / (1 - Math.Pow(beta2, k)));
                    return p - Rate * m / (Math.Sqrt(v) + epsilon);
                }, tolerance, device);
    }

    // PyTorch 1.13.0: p = torch.tensor([1, -0.5, 0.25, 2], dtype=torch.float64), o = torch.optim.Adam([p], lr=0.01), then for k = 1 … 20
    // p.grad[i] = ((7k + 3i) % 11 − 5)/8 and o.step(); the second with betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1, the third AdamW with the same.
    [Fact]
    public void Literal_numbers_of_PyTorch()
    {
        Check([0.9649388988014658, -0.5346510592362305, 0.26874569425358397, 2.0233782338758077], p => new(p, Rate));
        Check([0.926861740217875, -0.5040130234577512, 0.2559839622125263, 1.9196414234695158],
            p => new(p, Rate) { Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-3, WeightDecay = 0.1 });
        Check([0.9505318218293997, -0.5164273791874013, 0.2628584468684564, 1.9792126488378128],
            p => new(p, Rate) { Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-3, WeightDecay = 0.1, DecoupledDecay = true });

        static void Check(double[] expected, Func<TensorBag<double>, Adam<TensorBag<double>, double>> create)
        {
            var parameters = OptimizerRun.Parameters<double>(Device.Cpu, [1, -0.5, 0.25, 2]);
            OptimizerRun.Run(create(parameters), parameters);
            Assert.Equal(expected, parameters.Tensors[0].ToArray(), (a, b) => Math.Abs(a - b) < 1e-14);
        }
    }

    [Fact]
    public void The_first_update_is_the_learning_rate_against_the_sign_of_the_gradient()
    {
        var parameters = OptimizerRun.Parameters<double>(Device.Cpu, [0, 0, 0, 0, 0, 0, 0, 0]);
        OptimizerRun.Run(new Adam<TensorBag<double>, double>(parameters, 0.5), parameters, steps: 1);
        Assert.Equal(Enumerable.Range(0, 8).Select(i => -0.5 * Math.Sign(OptimizerRun.Gradient(1, i))), parameters.Tensors[0].ToArray(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void The_defaults_are_those_of_PyTorch()
    {
        var adam = new Adam<TensorBag<double>, double>(OptimizerRun.Parameters<double>(Device.Cpu, [0]));
        Assert.Equal((1e-3, 0.9, 0.999, 1e-8, 0, false), (adam.LearningRate, adam.Beta1, adam.Beta2, adam.Epsilon, adam.WeightDecay, adam.DecoupledDecay));
        Assert.Equal(["m", "v"], adam.States.Select(s => s.Key));
    }
}
