using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Linear algebra.</summary>
    public static class linalg
    {
        /// <summary>
        /// Eigenvalues (…, n), ascending, and eigenvectors (…, n, n), one in each column, of symmetric or Hermitian matrices (…, n, n).
        /// <paramref name="UPLO"/> is the triangle that is read, <c>L</c> or <c>U</c>.
        /// </summary>
        public static (Tensor, Tensor) eigh(Tensor input, char UPLO = 'L') => Aten.linalg_eigh.CallPair(input, UPLO.ToString());
    }
}
