namespace Organics.Gpu.Tests;

public sealed class OpenClSourceTests
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

        	L_1: ;
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

            	L_1: ;
            	shared_var_106 = (type_42) dynamic_shared_memory ;
            	work_group_barrier ( CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE );
            	var3 = shared_var_len_106;
            }
            """;
        Assert.Equal(Expected, OpenClSource.Mend(Source));
    }

    // var8 keeps what the node var5 was, in the second block; the first, second and fourth read it as well. var9 is a node beside it, and var7 no copy.
    const string Nodes = """
        kernel void Kernel_Of(
        	global double* view_0)
        {
        	int var5;
        	int var8;

        	L_1: ;
        	var5 = 0;
        	var9 = var8;
        	 goto L_2;

        	L_2: ;
        	var10 = var8;
        	;
        	var8 = var5;
        	var5 = var9;
        	var9 = var8;
        	 goto L_3;

        	L_3: ;
        	var7 = var9;
        	var9 = var5;
        	var3 = (int)((int) var7 + (int)1);
        	 goto L_4;

        	L_4: ;
        	var11 = var8;
        	var12 = var7;
        	 goto L_1;
        }

        kernel void Kernel_Other(
        	global double* view_0)
        {
        	L_1: ;
        	var9 = var8;
        	var10 = var7;
        }
        """;

    [Fact]
    public void What_was_kept_of_a_node_is_read_where_it_was_kept_and_nowhere_else()
    {
        var expected = Nodes.Replace("	var9 = var8;\n	 goto L_2", "	var9 = var5;\n	 goto L_2", StringComparison.Ordinal)
            .Replace("var10 = var8", "var10 = var5", StringComparison.Ordinal).Replace("var11 = var8", "var11 = var5", StringComparison.Ordinal);
        Assert.Equal(3, expected.Zip(Nodes).Count(c => c.First != c.Second));
        Assert.Equal(expected, OpenClSource.Mend(Nodes));
    }

    [Theory]
    [InlineData("work_group_barrier ( CLK_GLOBAL_MEM_FENCE )", "work_group_barrier ( CLK_LOCAL_MEM_FENCE )")]
    [InlineData("work_group_barrier ( CLK_GLOBAL_MEM_FENCE )", "sub_group_barrier()")]
    [InlineData("local double* shared_var_106", "__local double* shared_var_106")]
    [InlineData("L_1: ;", "L_1:")]
    public void OpenCL_that_is_written_in_another_way_is_refused(string written, string otherwise)
        => Assert.Throws<InvalidOperationException>(() => OpenClSource.Mend(Source.Replace(written, otherwise, StringComparison.Ordinal).Replace("int shared_var_len_106;\n", "", StringComparison.Ordinal)));
}
