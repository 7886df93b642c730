using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Organics.Gpu.Tests;

public sealed class GpuDeviceTests
{
    [Fact]
    public void The_list_ends_with_the_emulation_of_ILGPU()
    {
        var last = GpuDevice.List()[^1];
        Assert.Equal("CPU", last.Kind);
        Assert.True(last.Bytes > 0);
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_an_error_that_names_it_and_what_is_there()
    {
        var error = Assert.Throws<PlatformNotSupportedException>(() => GpuDevice.Open("Difference Engine"));
        Assert.Contains("Difference Engine", error.Message, StringComparison.Ordinal);
        Assert.Contains(GpuDevice.List()[^1].Name, error.Message, StringComparison.Ordinal);
        Assert.Contains("Device.Cpu", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_driver_throws_is_explained_and_nothing_else_is()
    {
        Assert.Contains("memory is not enough (CL_MEM_OBJECT_ALLOCATION_FAILURE)", GpuDevice.Explain(new CLException(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE)), StringComparison.Ordinal);
        Assert.Contains("driver failed (CL_DEVICE_NOT_AVAILABLE)", GpuDevice.Explain(new CLException(CLError.CL_DEVICE_NOT_AVAILABLE)), StringComparison.Ordinal);
        Assert.Contains("memory is not enough", GpuDevice.Explain(new CudaException("out of memory")), StringComparison.Ordinal);
        Assert.Contains("driver failed (an illegal memory access was encountered)", GpuDevice.Explain(new CudaException("an illegal memory access was encountered")), StringComparison.Ordinal);
        Assert.Contains("driver failed (device lost)", GpuDevice.Explain(new CudaException("device lost.")), StringComparison.Ordinal);
        Assert.Contains("memory is not enough (CUBLAS_STATUS_ALLOC_FAILED)", GpuDevice.Explain(new CuBlasException(CuBlasStatus.CUBLAS_STATUS_ALLOC_FAILED)), StringComparison.Ordinal);
        Assert.Contains("driver failed (CUBLAS_STATUS_EXECUTION_FAILED)", GpuDevice.Explain(new CuBlasException(CuBlasStatus.CUBLAS_STATUS_EXECUTION_FAILED)), StringComparison.Ordinal);
        Assert.Null(GpuDevice.Explain(new InvalidOperationException("out of memory")));
    }

    [Fact]
    public void A_library_for_large_products_is_used_where_there_is_one_and_left_out_when_asked()
    {
        Assert.Equal((false, false, true, true), (Cublas.Pays(512, 256, 255), Cublas.Pays(1 << 20, 1, 31), Cublas.Pays(512, 256, 256), Cublas.Pays(1 << 20, 1 << 20, 1 << 20)));
        using (var emulation = GpuDevice.IlgpuCpu()) Assert.DoesNotContain("cuBLAS", emulation.Name, StringComparison.Ordinal);
        if (!GpuDevice.List().Any(d => d.Kind == "CUDA")) return;
        using var own = GpuDevice.Open("cuda", cublas: false);
        using var device = GpuDevice.Open("cuda");
        Assert.DoesNotContain("cuBLAS", own.Name, StringComparison.Ordinal);
        if (!device.Name.Contains("cuBLAS", StringComparison.Ordinal)) return;
        // Twice on one stream: the same bits.
        var random = new CounterRandom(1, 1);
        Tensor<float> Draw(Device on) => Tensor.From<float>([.. Enumerable.Range(0, 400 * 400).Select(i => (float)random.Uniform((ulong)i))], [400, 400], on);
        var product = Draw(device).MatMul(Draw(device)).ToArray();
        Assert.Equal(product, Draw(device).MatMul(Draw(device)).ToArray());
        Assert.All(product.Zip(Draw(own).MatMul(Draw(own)).ToArray()), p => Assert.Equal(p.Second, p.First, 1e-4f * p.Second));
    }

    [Fact]
    public void More_memory_than_there_is_is_explained_and_the_device_goes_on()
    {
        // The emulation has as much as the processor says it has, and the processor says so before it knows.
        if (!DeviceUnderTest.IsReal) return;
        using var device = DeviceUnderTest.Open();
        var kept = new List<Buffer<double>>();
        var error = Record.Exception(() =>
        {
            // Not filled: a driver that gives memory only when it is written has promised more than there is.
            while (kept.Count < 100) kept.Add(device.Backend<double>().Rent(int.MaxValue / 8 * 7));
        });
        Assert.NotNull(error);
        Assert.Contains("memory is not enough", GpuDevice.Explain(error), StringComparison.Ordinal);
        Assert.Equal(kept.Count, device.Memory<double>().BuffersRented);
        Assert.Equal(3, (Tensor.Scalar(1.0, device) + Tensor.Scalar(2.0, device)).Item());
    }

    [Fact]
    public void A_device_that_was_lost_is_disposed_without_another_error()
    {
        GpuDevice.Release(new Lost(new CudaException("an illegal memory access was encountered")));
        Assert.Throws<InvalidOperationException>(() => GpuDevice.Release(new Lost(new InvalidOperationException())));
    }

    sealed class Lost(Exception error) : IDisposable
    {
        public void Dispose() => throw error;
    }

    [Fact]
    public void Ids_are_those_of_the_list()
    {
        var list = GpuDevice.List();
        Assert.Equal(list.Count, list.Select(gpu => gpu.Id).Distinct().Count());
        Assert.Equal(GpuDevice.Emulation, list[^1].Id);
        Assert.All(list, gpu => Assert.NotEmpty(gpu.Driver));
        Assert.Throws<PlatformNotSupportedException>(() => GpuDevice.Open("cuda:97"));
    }

    [Fact]
    public void The_name_says_what_the_device_is()
    {
        using var device = GpuDevice.IlgpuCpu();
        Assert.StartsWith("gpu (CPU, ", device.Name, StringComparison.Ordinal);
        Assert.Equal(GpuDevice.Emulation, device.Id);
    }

    [Fact]
    public void A_disposed_device_has_freed_the_memory_of_loose_tensors()
    {
        var device = GpuDevice.IlgpuCpu();
        var loose = Tensor.Full<float>([1000], 2, device);
        device.Dispose();
        Assert.Throws<ObjectDisposedException>(() => loose.ToArray());
    }

    [Fact]
    public void Tensors_of_two_devices_do_not_mix()
    {
        using var device = GpuDevice.IlgpuCpu();
        Assert.Throws<DeviceMismatchException>(() => Tensor.Scalar(1f, device) + Tensor.Scalar(1f));
    }

    [Fact]
    public void The_same_training_step_gives_the_same_bits_and_no_new_buffers()
    {
        using var device = GpuDevice.IlgpuCpu();
        using var tape = new Tape<float>(device);
        var w = Tensor.From<float>([.. Enumerable.Range(0, 12).Select(i => MathF.Sin(i))], [4, 3], device);
        var (first, buffers) = (Step(), 0L);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(first, Step());
            if (i == 0) buffers = device.Memory<float>().BuffersCreated;
        }
        Assert.Equal(buffers, device.Memory<float>().BuffersCreated);

        float[] Step()
        {
            var x = tape.Watch(w);
            var gradient = tape.Backward((x.MatMul(x, transposeThis: true).Tanh() + 1f).Log().Sum())[w].ToArray();
            tape.Reset();
            return gradient;
        }
    }
}
