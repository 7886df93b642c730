namespace Organics.Tests;

/// <summary>Tensors, the workspaces that own them and the pool behind those.</summary>
public sealed class WorkspaceTests : DeviceTests
{
    [Fact]
    public void Tensors_hold_what_they_were_given()
    {
        Assert.Equal([1.0, 2, 3, 4, 5, 6], Tensor([1, 2, 3, 4, 5, 6], [2, 3]).ToArray());
        Assert.Equal([7.0, 7], Organics.Tensor.Full([2], 7.0, Device).ToArray());
        Assert.Equal([0.0, 0], Organics.Tensor.Zeros<double>([2], Device).ToArray());
        Assert.Equal(5f, Organics.Tensor.Scalar(5f, Device).Item());
        Assert.Same(Organics.Device.Cpu, Organics.Tensor.Scalar(5f).Device);
        var copy = new double[2];
        Tensor([8, 9], [2]).CopyTo(copy);
        Assert.Equal([8.0, 9], copy);
        Assert.Equal("Tensor<Double>[2, 3]", Tensor(1, [2, 3]).ToString());
        Assert.Equal([8.0, 9], Tensor([8, 9], [2]).To(Organics.Device.Reference).ToArray());
        Assert.Same(Organics.Device.Reference, Tensor(1, [2]).To(Organics.Device.Reference).Device);
    }

    [Fact]
    public void Wrong_counts_of_values_are_refused()
    {
        AssertSays<ShapeException>(() => Tensor([1, 2], [3]), "2 values", "[3]", "holds 3", "exactly");
        AssertSays<ShapeException>(() => Tensor([1, 2], [2]).Item(), "Item", "[2]", "single element", "ToArray");
        AssertSays<ShapeException>(() => Tensor([], [0]).Item(), "Item", "[0]");
        AssertSays<ShapeException>(() =>
        {
            Tensor([1, 2], [2]).CopyTo(new double[3]);
            return null;
        }, "3 values", "[2]");
        using var workspace = new Workspace<double>(Device);
        AssertSays<ShapeException>(() => workspace.From([1, 2], [3]), "2 values", "[3]");
        Assert.Throws<NotSupportedException>(() => Device.Backend<Half>());
        AssertSays<NotSupportedException>(() => Organics.Tensor.Scalar((Half)1, Device), "float or double", "Half");
    }

    [Fact]
    public void Results_live_in_the_workspace_of_their_inputs_until_its_reset()
    {
        using var workspace = new Workspace<double>(Device);
        var (a, free) = (workspace.From([1, 2], [2]), Tensor([10, 20], [2]));
        var sum = free + a;
        Assert.Same(workspace, sum.Workspace);
        Assert.Equal([11.0, 22], sum.ToArray());
        Assert.Null((free + free).Workspace);
        Assert.Equal(2, Device.Memory<double>().BuffersRented);
        var kept = sum.Keep();
        workspace.Reset();
        Assert.Equal(0, Device.Memory<double>().BuffersRented);
        AssertSays<WorkspaceResetException>(() => sum.ToArray(), "[2]", "Keep()");
        // The memory now belongs to others.
        _ = workspace.From([-1, -1], [2]) + workspace.From([-1, -1], [2]);
        Assert.Equal([11.0, 22], kept.ToArray());
    }

    [Fact]
    public void Views_share_memory_and_do_not_rent()
    {
        using var workspace = new Workspace<double>(Device);
        var x = workspace.From(Numbers(1, 12), [4, 3]);
        var part = x.Slice(1, 2).Reshape([3, 2])[1];
        Assert.Equal(1, Device.Memory<double>().BuffersRented);
        Assert.Equal(x.ToArray()[5..7], part.ToArray());
        x.Assign(Numbers(2, 12));
        Assert.Equal(x.ToArray()[5..7], part.ToArray());
    }

    [Fact]
    public void The_pool_counts_what_it_made_and_what_is_out_and_reuses_similar_lengths()
    {
        using var device = new CpuDevice(1);
        var pool = device.Backend<float>();
        var a = pool.Rent(1000);
        Assert.InRange(a.Length, 1000, 1125);
        Assert.Equal(new MemoryStatistics(1, 4L * a.Length, 1, 4L * a.Length), device.Memory<float>());
        pool.Return(a);
        Assert.Equal(new MemoryStatistics(1, 4L * a.Length, 0, 0), device.Memory<float>());
        Assert.Same(a, pool.Rent(a.Length));
        Assert.NotSame(a, pool.Rent(a.Length));
        Assert.Equal(2, device.Memory<float>().BuffersCreated);
        Assert.Equal(0, device.Memory<double>().BuffersCreated);
    }

    [Fact]
    public void No_length_wastes_more_than_an_eighth_and_15_elements()
    {
        using var device = new CpuDevice(1);
        var pool = device.Backend<float>();
        foreach (var n in Enumerable.Range(0, 300).Concat([511, 512, 513, 1023, 1025, 100_000, 1 << 20, (1 << 20) + 1]))
            Assert.InRange(pool.Rent(n).Length, n, Math.Max(16, n + n / 8 + 15));
    }

    [Fact]
    public void Memory_begins_at_a_cache_line()
    {
        for (var n = 1; n < 40; n++)
        {
            var view = Organics.Tensor.Zeros<float>([n], Device).View;
            unsafe
            {
                fixed (float* p = HostBackend<float>.Span(view)) Assert.Equal(0u, (nuint)p % 64);
            }
        }
    }

    [Fact]
    public void A_view_cannot_reach_beyond_its_memory()
    {
        var view = Tensor(1, [10]).View;
        Assert.Equal(3, view.Slice(2, 5).Slice(1, 4).Offset);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Slice(6, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Slice(-1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Slice(2, 5).Slice(3, 3));
        Assert.True(default(View<double>).IsMissing);
        Assert.False(view.Slice(0, 0).IsMissing);
    }
}
