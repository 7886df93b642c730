namespace Organics;

public sealed partial class Tensor<T>
{
    /// <summary>The same values, through which no gradient flows. No copy is made.</summary>
    public Tensor<T> StopGradient() => Workspace is null ? this : new(Shape, View, Workspace);
}
