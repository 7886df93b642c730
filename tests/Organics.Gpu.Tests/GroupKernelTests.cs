namespace Organics.Gpu.Tests;

public sealed class GroupKernelTests
{
    // As ILGPU writes it, with what is wrong in it.
    const string Source = """
        typedef local double* type_42;

        local double* shared_var_106;
        int shared_var_len_106;
        kernel void Kernel_Adjoint(
        	local char* dynamic_shared_memory,
        	global double* view_0)
        {
        	int var3;
        	shared_var_106 = (type_42) dynamic_shared_memory ;
        	work_group_barrier ( CLK_GLOBAL_MEM_FENCE );
        	var3 = shared_var_len_106;
        }
        """;

    [Fact]
    public void Groups_of_OpenCL_have_pointers_of_their_own_and_barriers_for_what_they_share()
    {
        const string Expected = """
            typedef local double* type_42;

            kernel void Kernel_Adjoint(
            	local char* dynamic_shared_memory,
            	global double* view_0)
            {
            local double* shared_var_106;
            int shared_var_len_106;

            	int var3;
            	shared_var_106 = (type_42) dynamic_shared_memory ;
            	work_group_barrier ( CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE );
            	var3 = shared_var_len_106;
            }
            """;
        Assert.Equal(Expected, GroupKernel.Mend(Source));
    }

    [Theory]
    [InlineData("work_group_barrier ( CLK_GLOBAL_MEM_FENCE )", "work_group_barrier ( CLK_LOCAL_MEM_FENCE )")]
    [InlineData("work_group_barrier ( CLK_GLOBAL_MEM_FENCE )", "sub_group_barrier()")]
    [InlineData("local double* shared_var_106", "__local double* shared_var_106")]
    public void OpenCL_that_is_written_in_another_way_is_refused(string written, string otherwise)
        => Assert.Throws<InvalidOperationException>(() => GroupKernel.Mend(Source.Replace(written, otherwise, StringComparison.Ordinal).Replace("int shared_var_len_106;\n", "", StringComparison.Ordinal)));
}
