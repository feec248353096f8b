using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The bytes of a contiguous tensor on the processor: the memory itself to read, a copy to write.</summary>
        /// <exception cref="InvalidOperationException">The tensor is not contiguous, or not on the processor.</exception>
        /// <exception cref="ArgumentException">It is too large for a span, or the bytes to write are not as many.</exception>
        public unsafe Span<byte> bytes
        {
            get
            {
                var info = Info;
                if (info.Contiguous == 0)
                {
                    throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
                }

                var length = info.Elements * info.ElementSize;
                if (length > int.MaxValue)
                {
                    throw new ArgumentException("Span only supports up to int.MaxValue elements.");
                }

                if ((DeviceType)info.DeviceType != DeviceType.CPU)
                {
                    throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
                }

                return new Span<byte>(DataPointer, (int)length);
            }
            set
            {
                if (!is_contiguous())
                {
                    throw new InvalidOperationException("SetBytes() called on non-contiguous tensor.");
                }

                if (numel() * element_size() != value.Length)
                {
                    throw new ArgumentException("Mismatched data sizes in SetBytes().");
                }

                value.CopyTo(new Span<byte>(DataPointer, value.Length));
            }
        }

        internal unsafe void* DataPointer
        {
            get
            {
                void* data;
                Native.Check(Native.st_tensor_data(Handle, &data));
                return data;
            }
        }

        /// <summary>The elements, in the order of the dimensions whatever the strides; from another device they are copied first.</summary>
        /// <exception cref="ArgumentException"><typeparamref name="T"/> is not the element type.</exception>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateType<T>();
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The only element.</summary>
        /// <exception cref="ArgumentException">There is more than one, or <typeparamref name="T"/> is not the element type.</exception>
        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1)
            {
                throw new ArgumentException("Number of elements in the tensor must be 1");
            }

            return data<T>()[0];
        }

        /// <summary>The only element, as a number.</summary>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">There is more than one.</exception>
        public Scalar ToScalar() => Aten.item.CallScalar(this);

        private void ValidateType<T>()
        {
            if (dtype != TypeOf<T>())
            {
                throw new ArgumentException($"{typeof(T).Name} is not compatible with {dtype}");
            }
        }
    }
}
