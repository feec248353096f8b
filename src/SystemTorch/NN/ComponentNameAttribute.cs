using System.Reflection;

namespace TorchSharp.Utils
{
    /// <summary>Names the component that a module's field holds; without it the field's own name counts.</summary>
    [AttributeUsage(AttributeTargets.All)]
    public class ComponentNameAttribute : Attribute
    {
        /// <summary>The name.</summary>
        public string Name { get; set; } = null!;
    }
}

namespace TorchSharp
{
    internal static class Components
    {
        /// <summary>The fields of a module's class and of its base classes, derived first, with the names of what they hold.</summary>
        public static IEnumerable<(string Name, FieldInfo Field)> Of(Type type)
        {
            var seen = new HashSet<string>();
            for (var at = type; at is not null && at != typeof(object); at = at.BaseType)
            {
                foreach (var field in at.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                {
                    if (seen.Add(field.Name))
                    {
                        yield return (field.GetCustomAttribute<Utils.ComponentNameAttribute>()?.Name ?? field.Name, field);
                    }
                }
            }
        }
    }
}
