namespace TorchSharp.Interop;

/// <summary>
/// Every operator that the managed side calls: the field is named after the operator, and after its overload where there are several.
/// To wrap another one, add it here and a member that calls it.
/// </summary>
internal static class Aten
{
    // Shape and memory
    public static readonly Op size = new("size", "int");
    public static readonly Op stride = new("stride", "int");
    public static readonly Op view = new("view");
    public static readonly Op reshape = new("reshape");
    public static readonly Op flatten = new("flatten", "using_ints");
    public static readonly Op permute = new("permute");
    public static readonly Op transpose = new("transpose", "int");
    public static readonly Op unsqueeze = new("unsqueeze");
    public static readonly Op squeeze = new("squeeze");
    public static readonly Op squeeze_dim = new("squeeze", "dim");
    public static readonly Op expand = new("expand");
    public static readonly Op narrow = new("narrow");
    public static readonly Op split = new("split_with_sizes");
    public static readonly Op select = new("select", "int");
    public static readonly Op index_select = new("index_select");
    public static readonly Op gather = new("gather");
    public static readonly Op as_strided = new("as_strided");
    public static readonly Op flip = new("flip");
    public static readonly Op contiguous = new("contiguous");
    public static readonly Op clone = new("clone");
    public static readonly Op detach = new("detach");
    public static readonly Op copy_ = new("copy_");
    public static readonly Op set_ = new("set_", "source_Tensor");
    public static readonly Op fill_ = new("fill_", "Scalar");
    public static readonly Op zero_ = new("zero_");
    public static readonly Op to = new("to", "dtype_layout");
    public static readonly Op pin_memory = new("pin_memory");
    public static readonly Op item = new("item");
    public static readonly Op _backward = new("_backward");

    // Making and joining
    public static readonly Op empty = new("empty", "memory_format");
    public static readonly Op zeros = new("zeros");
    public static readonly Op ones = new("ones");
    public static readonly Op full = new("full");
    public static readonly Op arange = new("arange", "start_step");
    public static readonly Op rand = new("rand", "generator");
    public static readonly Op randn = new("randn", "generator");
    public static readonly Op randint = new("randint", "low_generator");
    public static readonly Op randperm = new("randperm", "generator");
    public static readonly Op empty_like = new("empty_like");
    public static readonly Op zeros_like = new("zeros_like");
    public static readonly Op ones_like = new("ones_like");
    public static readonly Op cat = new("cat");
    public static readonly Op stack = new("stack");
    public static readonly Op where = new("where", "self");
    public static readonly Op uniform_ = new("uniform_");
    public static readonly Op normal_ = new("normal_");

    // Arithmetic
    public static readonly Op add = new("add", "Tensor");
    public static readonly Op add_Scalar = new("add", "Scalar");
    public static readonly Op add_ = new("add_", "Tensor");
    public static readonly Op add__Scalar = new("add_", "Scalar");
    public static readonly Op sub = new("sub", "Tensor");
    public static readonly Op sub_Scalar = new("sub", "Scalar");
    public static readonly Op sub_ = new("sub_", "Tensor");
    public static readonly Op sub__Scalar = new("sub_", "Scalar");
    public static readonly Op mul = new("mul", "Tensor");
    public static readonly Op mul_Scalar = new("mul", "Scalar");
    public static readonly Op mul_ = new("mul_", "Tensor");
    public static readonly Op mul__Scalar = new("mul_", "Scalar");
    public static readonly Op div = new("div", "Tensor_mode");
    public static readonly Op div_Scalar = new("div", "Scalar_mode");
    public static readonly Op div_ = new("div_", "Tensor_mode");
    public static readonly Op div__Scalar = new("div_", "Scalar_mode");
    public static readonly Op addcmul_ = new("addcmul_");
    public static readonly Op addcdiv_ = new("addcdiv_");
    public static readonly Op lerp_ = new("lerp_", "Tensor");
    public static readonly Op pow = new("pow", "Tensor_Scalar");
    public static readonly Op neg = new("neg");
    public static readonly Op reciprocal = new("reciprocal");
    public static readonly Op abs = new("abs");
    public static readonly Op sqrt = new("sqrt");
    public static readonly Op sqrt_ = new("sqrt_");
    public static readonly Op rsqrt = new("rsqrt");
    public static readonly Op exp = new("exp");
    public static readonly Op log = new("log");
    public static readonly Op clamp = new("clamp");
    public static readonly Op clamp_ = new("clamp_");
    public static readonly Op maximum = new("maximum");
    public static readonly Op minimum = new("minimum");
    public static readonly Op matmul = new("matmul");
    public static readonly Op mm = new("mm");
    public static readonly Op linalg_eigh = new("linalg_eigh");

    // Comparison
    public static readonly Op eq = new("eq", "Tensor");
    public static readonly Op eq_Scalar = new("eq", "Scalar");
    public static readonly Op ne = new("ne", "Tensor");
    public static readonly Op ne_Scalar = new("ne", "Scalar");
    public static readonly Op lt = new("lt", "Tensor");
    public static readonly Op lt_Scalar = new("lt", "Scalar");
    public static readonly Op le = new("le", "Tensor");
    public static readonly Op le_Scalar = new("le", "Scalar");
    public static readonly Op gt = new("gt", "Tensor");
    public static readonly Op gt_Scalar = new("gt", "Scalar");
    public static readonly Op ge = new("ge", "Tensor");
    public static readonly Op ge_Scalar = new("ge", "Scalar");
    public static readonly Op isfinite = new("isfinite");
    public static readonly Op equal = new("equal");
    public static readonly Op allclose = new("allclose");

    // Reduction
    public static readonly Op sum = new("sum");
    public static readonly Op sum_dim = new("sum", "dim_IntList");
    public static readonly Op mean = new("mean");
    public static readonly Op mean_dim = new("mean", "dim");
    public static readonly Op max = new("max");
    public static readonly Op max_dim = new("max", "dim");
    public static readonly Op min = new("min");
    public static readonly Op min_dim = new("min", "dim");
    public static readonly Op argmax = new("argmax");
    public static readonly Op topk = new("topk");
    public static readonly Op all = new("all");
    public static readonly Op any = new("any");
    public static readonly Op norm = new("norm", "Scalar");
    public static readonly Op norm_dim = new("norm", "ScalarOpt_dim");

    // Networks
    public static readonly Op relu = new("relu");
    public static readonly Op relu_ = new("relu_");
    public static readonly Op softmax = new("softmax", "int");
    public static readonly Op log_softmax = new("log_softmax", "int");
    public static readonly Op conv2d = new("conv2d");
    public static readonly Op conv2d_padding = new("conv2d", "padding");
    public static readonly Op batch_norm = new("batch_norm");
    public static readonly Op linear = new("linear");
    public static readonly Op dropout = new("dropout");
    public static readonly Op dropout_ = new("dropout_");
    public static readonly Op max_pool2d = new("max_pool2d");
    public static readonly Op avg_pool2d = new("avg_pool2d");
    public static readonly Op avg_pool3d = new("avg_pool3d");
    public static readonly Op adaptive_avg_pool2d = new("adaptive_avg_pool2d");
    public static readonly Op pad = new("_pad_enum");
    public static readonly Op cross_entropy = new("cross_entropy_loss");
    public static readonly Op one_hot = new("one_hot");
    public static readonly Op grid_sampler = new("grid_sampler");
}
