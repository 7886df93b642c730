using System.Numerics;

namespace Organics;

/// <summary>Consecutive elements of a tensor, from <paramref name="start"/> on, under a shape of their own: a view. Gradient: added to that part.</summary>
sealed class Alias<T>(string name, Shape shape, int start) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Name => name;

    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs) => shape;

    private protected override View<T> Share(Tensor<T> input) => Part(input.View);

    // The elements are there already.
    public override void Forward(in ForwardContext<T> c)
    {
    }

    public override void Vjp(in VjpContext<T> c) => c.On.Add(c.OutputGrad, Part(c.Grad(0)));

    View<T> Part(View<T> x) => x.Slice(start, shape.Length);
}
