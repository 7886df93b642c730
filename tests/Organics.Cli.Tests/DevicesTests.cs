namespace Organics.Tests;

public sealed class DevicesTests
{
    [Fact]
    public void A_device_that_is_wrong_fails_its_test_by_op_got_expected_and_exit_code()
    {
        var results = SelfTest.Run(new WrongDevice()).ToArray();
        foreach (var precision in (string[])["float", "double"])
        {
            var failed = Assert.Single(results, r => r.Op == "Transpose" && r.Precision == precision);
            Assert.True(failed.Error > failed.Tolerance);
            Assert.Matches("^result, element 0: got 1, expected .+ for inputs of ordinary size, .*17", failed.Failure);
            Assert.Null(Assert.Single(results, r => r.Op == "Exp" && r.Precision == precision).Failure);
        }
        DeviceDescription Tested(params SelfTestResult[] selftest) => new("wrong", "", null, null, null, null) { Selftest = selftest };
        Assert.Equal(ExitCode.CheckFailed, Devices.Verdict([Tested(results[0]), Tested(results)]));
        Assert.Equal(ExitCode.Done, Devices.Verdict([Tested(results[0]), Tested()]));
    }

    [Fact]
    public void The_fastest_device_is_picked_measured_once_and_again_where_one_failed()
    {
        GpuInfo[] gpus = [new(GpuDevice.Emulation, "a GPU", "CPU", 1, "none")];
        var (measured, fails) = (0, true);
        using var cli = new Cli();
        string Pick(int threads, params GpuInfo[] on) => AutoDevice.Pick("work", "a step", threads, Seconds, on, cli.PathOf("cache"));
        double Seconds(Device device)
        {
            measured++;
            return device is CpuDevice ? 2 : fails ? throw new ILGPU.Runtime.Cuda.CudaException("out of memory") : 1;
        }
        Assert.Equal("cpu", Pick(1, gpus));
        fails = false;
        Assert.Equal("ilgpu-cpu", Pick(1, gpus));
        Assert.Equal(4, measured);
        Assert.Equal("ilgpu-cpu", Pick(1, gpus));
        Assert.Equal(4, measured);
        Assert.Equal("ilgpu-cpu", Pick(2, gpus));
        Assert.Equal(6, measured);
        Assert.Equal("cpu", Pick(1));
    }
}
