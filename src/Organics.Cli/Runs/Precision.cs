using System.Numerics;

namespace Organics;

/// <summary>Something that runs in float or in double.</summary>
interface IProgram
{
    ExitCode Run<T>() where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Chooses the numbers that a program runs with, here and nowhere else.</summary>
static class Precision
{
    public static ExitCode Run(string precision, IProgram program) => precision == "double" ? program.Run<double>() : program.Run<float>();
}
