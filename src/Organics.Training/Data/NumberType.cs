namespace Organics;

/// <summary>How the numbers of an array are stored, under the names of the safetensors format.</summary>
public enum NumberType
{
    /// <summary>Boolean, one byte.</summary>
    BOOL,
    /// <summary>Unsigned byte.</summary>
    U8,
    /// <summary>Signed byte.</summary>
    I8,
    /// <summary>Signed 16 bits.</summary>
    I16,
    /// <summary>Unsigned 16 bits.</summary>
    U16,
    /// <summary>IEEE half.</summary>
    F16,
    /// <summary>Brain float, 16 bits.</summary>
    BF16,
    /// <summary>Signed 32 bits.</summary>
    I32,
    /// <summary>Unsigned 32 bits.</summary>
    U32,
    /// <summary>IEEE single.</summary>
    F32,
    /// <summary>IEEE double.</summary>
    F64,
    /// <summary>Signed 64 bits.</summary>
    I64,
    /// <summary>Unsigned 64 bits.</summary>
    U64,
    /// <summary>Any other, such as F8_E4M3 or C64: its name is <see cref="SafeTensor.TypeName"/>, and its bytes are kept as they are.</summary>
    Other,
}
