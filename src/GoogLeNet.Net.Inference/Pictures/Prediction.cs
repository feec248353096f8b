namespace Inception;

/// <summary>A class that a picture may belong to.</summary>
/// <param name="ClassIndex">The class's number, from 0.</param>
/// <param name="ClassName">Its name; <c>class 7</c> where the network knows no names.</param>
/// <param name="Probability">In [0, 1]; those of all classes add up to 1.</param>
public readonly record struct Prediction(int ClassIndex, string ClassName, double Probability);
