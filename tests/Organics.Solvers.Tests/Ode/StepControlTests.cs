namespace Organics.Tests;

public sealed class StepControlTests
{
    [Fact]
    public void After_a_rejection_the_next_step_is_no_longer_and_the_one_after_may_be()
    {
        var control = new StepControl(4, new());
        Assert.InRange(control.Accepted(1, 1e-6), 1.5, 5);
        var shorter = control.Rejected(1, 100);
        Assert.InRange(shorter, 0.2, 0.9);
        Assert.Equal(shorter, control.Accepted(shorter, 1e-6));
        Assert.InRange(control.Accepted(1, 1e-6), 1.5, 5);
    }
}
