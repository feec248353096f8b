using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The size of every dimension.</summary>
        public long[] shape => size();

        /// <summary>How many dimensions there are.</summary>
        public long ndim => Info.Dimensions;

        /// <summary>How many dimensions there are.</summary>
        public long Dimensions => Info.Dimensions;

        /// <summary>How many elements there are.</summary>
        public long NumberOfElements => Info.Elements;

        /// <summary>The bytes of one element.</summary>
        public long ElementSize => Info.ElementSize;

        /// <summary>The element type.</summary>
        public ScalarType dtype => (ScalarType)Info.Type;

        /// <summary>Where the tensor lives.</summary>
        public Device device => device_type == DeviceType.CPU ? new Device(DeviceType.CPU) : new Device(device_type, device_index);

        /// <summary>The kind of device the tensor lives on.</summary>
        public DeviceType device_type => (DeviceType)Info.DeviceType;

        /// <summary>Which device of its kind the tensor lives on; -1 where there is only one.</summary>
        public int device_index => Info.DeviceIndex;

        /// <summary>Whether the tensor lives on an NVIDIA GPU.</summary>
        public bool is_cuda => device_type == DeviceType.CUDA;

        private unsafe TensorInfo Info
        {
            get
            {
                TensorInfo info;
                Native.Check(Native.st_tensor_info(Handle, &info));
                GC.KeepAlive(this);
                return info;
            }
        }

        /// <summary>How many dimensions there are.</summary>
        public long dim() => Info.Dimensions;

        /// <summary>How many elements there are.</summary>
        public long numel() => Info.Elements;

        /// <summary>The bytes of one element.</summary>
        public long element_size() => Info.ElementSize;

        /// <summary>Whether the element type is a real floating-point one.</summary>
        public bool is_floating_point() => dtype.IsFloatingPoint();

        /// <summary>Whether the elements lie in memory in the order of the dimensions, without gaps.</summary>
        public bool is_contiguous() => Info.Contiguous != 0;

        /// <summary>The size of every dimension.</summary>
        public unsafe long[] size()
        {
            var info = Info;
            var sizes = new ReadOnlySpan<long>(info.Sizes, (int)info.Dimensions).ToArray();
            GC.KeepAlive(this);
            return sizes;
        }

        /// <summary>The size of one dimension, which counts from the end when negative.</summary>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">There is no such dimension.</exception>
        public long size(int dim) => Aten.size.CallScalar(this, dim).ToInt64();

        /// <summary>How many elements apart neighbours are, for every dimension.</summary>
        public unsafe long[] stride()
        {
            var info = Info;
            var strides = new ReadOnlySpan<long>(info.Strides, (int)info.Dimensions).ToArray();
            GC.KeepAlive(this);
            return strides;
        }

        /// <summary>How many elements apart neighbours of one dimension are.</summary>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">There is no such dimension.</exception>
        public long stride(int dim) => Aten.stride.CallScalar(this, dim).ToInt64();
    }
}
