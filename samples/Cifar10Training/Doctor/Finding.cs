namespace Cifar10Training.Doctor;

/// <summary>Something that is wrong on a machine.</summary>
/// <param name="What">The row of the table that it belongs to.</param>
/// <param name="Cause">Why, in one line without a full stop.</param>
/// <param name="Fix">What to do about it, likewise.</param>
/// <param name="StopsRuns">Whether a run would fail; else it is slow, or not what was hoped for.</param>
internal sealed record Finding(string What, string Cause, string Fix, bool StopsRuns);
