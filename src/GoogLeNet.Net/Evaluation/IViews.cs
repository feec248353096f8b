using System.Text.Json.Serialization;

namespace Inception.Evaluation;

/// <summary>Which views of an image a prediction is averaged over, as a value.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "views")]
[JsonDerivedType(typeof(IdentityView), "identity")]
[JsonDerivedType(typeof(FlipViews), "flip")]
[JsonDerivedType(typeof(TranslationViews), "translations")]
[JsonDerivedType(typeof(CenterCropView), "centerCrop")]
[JsonDerivedType(typeof(TenCrops), "tenCrops")]
[JsonDerivedType(typeof(PaperCrops), "paperCrops")]
public interface IViews
{
    /// <summary>The views of an image, each of them different, with weights that add up to 1.</summary>
    /// <param name="height">Height of the image in pixels, at least 1.</param>
    /// <param name="width">Width of the image in pixels, at least 1.</param>
    /// <param name="size">Height and width that the network takes, at least 1.</param>
    /// <exception cref="ArgumentException">The image is too small for these views.</exception>
    IReadOnlyList<View> Of(int height, int width, int size);
}
