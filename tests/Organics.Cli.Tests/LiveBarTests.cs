namespace Organics.Tests;

[Collection(DeviceFailureTests.StandardError)]
public sealed class LiveBarTests
{
    [Fact]
    public void Work_runs_under_the_bar_whatever_its_words_and_its_result_and_its_errors_come_out()
    {
        Assert.Equal(42, LiveBar.Run(report =>
        {
            report(0.25, "epoch [1/4] 50 %");
            report(1, "done");
            return 42;
        }));
        Assert.Throws<DivergedException>(() => LiveBar.Run<int>(_ => throw new DivergedException("The loss is NaN.")));
    }
}
