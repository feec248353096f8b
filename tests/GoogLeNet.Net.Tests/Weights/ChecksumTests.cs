using System.Buffers.Binary;
using System.Security.Cryptography;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Weights;

[Collection(TorchCollection.Name)]
public sealed class ChecksumTests
{
    // By generate_checksums.py beside this file, which shares nothing with the library but the definitions.
    [Theory]
    [InlineData("cifar-small", "a543bc8f86349a33fc714909f37fb907666c8b225abfb07cf24f23a975427158")]
    [InlineData("tutorial", "7685e76386ab1e6bcbea89f988b0e2ad16f88ed1e3f2de4f3421459591732cf0")]
    public void Seed_0_gives_the_same_bits_on_any_machine(string preset, string expected)
    {
        using var network = GoogLeNet.Create(10, GoogLeNetSpec.FromName(preset));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = new byte[sizeof(float)];
        foreach (var (_, parameter) in network.named_parameters().OrderBy(named => named.name, StringComparer.Ordinal))
        {
            foreach (var value in parameter.Floats())
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
                hash.AppendData(bytes);
            }
        }

        Convert.ToHexStringLower(hash.GetHashAndReset()).Should().Be(expected);
    }
}
