using FluentAssertions;
using Inception.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

public sealed class Cifar10Tests : IDisposable
{
    private readonly StoreFixture _store = new();

    [Fact]
    public async Task Training_files_come_in_order_and_the_last_file_is_the_test()
    {
        _store.Fake.WriteFiles(_store.Records);
        using var cifar = await LoadAsync();

        cifar.Train.Images.shape.Should().Equal(100, 3, 32, 32);
        cifar.Test.Images.shape.Should().Equal(20, 3, 32, 32);
        cifar.Train.Images.bytes.ToArray().Should().Equal(Enumerable.Range(0, 100 * 3072).Select(i => FakeCifar.Pixel(i / 61440, i / 3072 % 20, i % 3072)));
        cifar.Test.Images.bytes.ToArray().Should().Equal(Enumerable.Range(0, 20 * 3072).Select(i => FakeCifar.Pixel(5, i / 3072, i % 3072)));
        cifar.Train.Labels.data<long>().ToArray().Should().Equal(Enumerable.Range(0, 100).Select(i => (long)FakeCifar.Label(i / 20, i % 20)));
        cifar.Test.Labels.data<long>().ToArray().Should().Equal(Enumerable.Range(0, 20).Select(i => (long)FakeCifar.Label(5, i)));
    }

    [Fact]
    public async Task Lives_outside_the_scope_of_whoever_loads()
    {
        _store.Fake.WriteFiles(_store.Records);
        Task<Cifar10> loading;
        using (NewDisposeScope())
        {
            loading = LoadAsync();
        }

        var cifar = await loading;
        cifar.Train.Labels.min().item<long>().Should().Be(0);
        cifar.Dispose();
        cifar.Test.Images.IsInvalid.Should().BeTrue();
    }

    [Fact]
    public async Task A_failure_is_the_librarys_own_exception()
    {
        var load = LoadAsync;
        await load.Should().ThrowAsync<DatasetException>();
    }

    [Fact]
    public void Classes_are_in_the_official_order() => Cifar10.ClassNames.Should().Equal(
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

    public void Dispose() => _store.Dispose();

    private Task<Cifar10> LoadAsync() => Cifar10.LoadFromAsync(_store.Sources, _store.Options, null, NullLogger.Instance, default);
}
