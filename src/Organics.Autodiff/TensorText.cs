using System.Globalization;
using System.Numerics;
using System.Text;

namespace Organics;

/// <summary>The elements of a tensor for people: nested brackets as NumPy writes them, six digits, columns aligned.</summary>
static class TensorText
{
    const int Most = 1000, Edge = 3;

    public static string Of<T>(Tensor<T> tensor) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (shape, view, width) = (tensor.Shape, tensor.View, 0);
        var numbers = new Dictionary<int, string>();
        Span<T> one = stackalloc T[1];
        foreach (var at in Shown(0, 0))
        {
            tensor.Backend.Download(view.Slice(at, 1), one);
            numbers[at] = one[0].ToString("G6", CultureInfo.InvariantCulture);
            width = Math.Max(width, numbers[at].Length);
        }
        var text = new StringBuilder(shape.Rank > 1 ? "\n" : " ");
        Write(0, 0);
        return text.ToString();

        IEnumerable<int> Shown(int axis, int offset)
            => axis == shape.Rank ? [offset] : Entries(axis).Where(i => i >= 0).SelectMany(i => Shown(axis + 1, offset + i * shape.Around(axis).Inner));

        // The entries of an axis that are shown; −1 stands for those that are not.
        IEnumerable<int> Entries(int axis)
            => shape.Length <= Most || shape[axis] <= 2 * Edge
                ? Enumerable.Range(0, shape[axis])
                : [.. Enumerable.Range(0, Edge), -1, .. Enumerable.Range(shape[axis] - Edge, Edge)];

        void Write(int axis, int offset)
        {
            if (axis == shape.Rank)
            {
                text.Append(numbers[offset].PadLeft(width));
                return;
            }
            // A row stands on a line; matrices are an empty line apart.
            var between = axis == shape.Rank - 1 ? ", " : "," + new string('\n', shape.Rank - 1 - axis) + new string(' ', axis + 1);
            text.Append('[');
            var first = true;
            foreach (var i in Entries(axis))
            {
                if (!first) text.Append(between);
                first = false;
                if (i < 0) text.Append('…');
                else Write(axis + 1, offset + i * shape.Around(axis).Inner);
            }
            text.Append(']');
        }
    }
}
