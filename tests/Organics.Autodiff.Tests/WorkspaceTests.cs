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
        Assert.Equal([8.0, 9], Tensor([8, 9], [2]).To(Organics.Device.Reference).ToArray());
        Assert.Same(Organics.Device.Reference, Tensor(1, [2]).To(Organics.Device.Reference).Device);
    }

    [Fact]
    public void A_tensor_prints_as_NumPy_prints_it()
    {
        Assert.Equal("Tensor<Double>[] 0.5", Tensor([0.5], []).ToString());
        Assert.Equal("Tensor<Double>[0] []", Tensor([], [0]).ToString());
        Assert.Equal("Tensor<Single>[3] [    1,  -2.5, 1E-10]", Organics.Tensor.From<float>([1, -2.5f, 1e-10f], [3]).ToString());
        Assert.Equal("Tensor<Double>[2, 3]\n[[       1,       -2, 0.333333],\n [     NaN, Infinity,       -0]]",
            Tensor([1, -2, 1.0 / 3, double.NaN, double.PositiveInfinity, -0.0], [2, 3]).ToString());
        Assert.Equal("Tensor<Double>[2, 1, 2]\n[[[1, 2]],\n\n [[3, 4]]]", Tensor([1, 2, 3, 4], [2, 1, 2]).ToString());
        // Of many elements, three at each end of every axis.
        Assert.Equal("Tensor<Double>[1001] [   0,    1,    2, …,  998,  999, 1000]",
            Tensor([.. Enumerable.Range(0, 1001).Select(i => (double)i)], [1001]).ToString());
        var rows = Tensor([.. Enumerable.Range(0, 2000).Select(i => (double)i)], [500, 4]).ToString().Split('\n');
        Assert.Equal("Tensor<Double>[500, 4]", rows[0]);
        Assert.Equal(["[[   0,    1,    2,    3],", " [   4,    5,    6,    7],", " [   8,    9,   10,   11],", " …,", " [1988, 1989, 1990, 1991],"], rows[1..6]);
        Assert.Equal(8, rows.Length);
        using var workspace = new Workspace<double>(Device);
        var lost = workspace.From([1, 2], [2]);
        workspace.Reset();
        Assert.Contains("[2], whose memory was taken back", lost.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_in_another_precision_is_rounded_and_belongs_to_nobody()
    {
        using var tape = new Tape<double>(Device);
        var x = tape.Watch(Tensor([1.0 / 3, 1e300, -0.0], [3]));
        var single = x.To<float>();
        Assert.Equal([1f / 3, float.PositiveInfinity, -0f], single.ToArray());
        Assert.Null(single.Workspace);
        Assert.Same(Device, single.Device);
        Assert.Equal([1f / 3, double.PositiveInfinity, 0], single.To<double>().ToArray());
        Assert.Equal(x.ToArray(), x.To<double>().ToArray());
        AssertSays<NotSupportedException>(() => x.To<Half>(), "float or double", "Half");
    }

    [Fact]
    public void Random_tensors_are_functions_of_their_seed()
    {
        var random = new CounterRandom(7, 2);
        var (uniform, normal) = (Organics.Tensor.Uniform<double>([2, 3], 7, -1, 3, stream: 2), Organics.Tensor.Normal<double>([2, 3], 7, 5, 0.5, stream: 2));
        Assert.Equal(Enumerable.Range(0, 6).Select(i => -1 + 4 * random.Uniform((ulong)i)), uniform.ToArray());
        Assert.Equal(Enumerable.Range(0, 6).Select(i => 5 + 0.5 * random.Normal((ulong)i)), normal.ToArray());
        Assert.Equal(Array.ConvertAll(normal.ToArray(), v => (float)v), Organics.Tensor.Normal<float>([6], 7, 5, 0.5, stream: 2).ToArray());
        Assert.NotEqual(uniform.ToArray(), Organics.Tensor.Uniform<double>([2, 3], 8, -1, 3, stream: 2).ToArray());
        var many = Organics.Tensor.Normal<double>([10_000], 1, device: Device).ToArray();
        Assert.InRange(many.Average(), -0.05, 0.05);
        Assert.InRange(many.Average(v => v * v), 0.95, 1.05);
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
